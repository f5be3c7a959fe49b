"""What Flask-Security says, in our words: its own translation is missing or says it otherwise.

A refused sign-in never says which of the two was wrong, or whether there is such an account; nor does any other answer.
"""

from __future__ import annotations

from marketplace.parsing.emails import HOW_TO_WRITE, NO_ADDRESS

MESSAGES = {
    "GENERIC_AUTHN_FAILED": (
        "账号或密码不对。连续输错 5 次，15 分钟内不能登录。",
        "error",
    ),
    "UNAUTHENTICATED": ("请先登录。", "error"),
    "UNAUTHORIZED": ("您的账号不能做这件事。", "error"),
    # People meet it with a link of a mail that was used already, or cut off by a mail program.
    "API_ERROR": ("这个链接无效或已经用过。请重新办理。", "error"),
    "LOGIN": ("请先登录。", "info"),
    "REFRESH": ("请再输一次密码。", "info"),
    "REAUTHENTICATION_REQUIRED": ("请再输一次密码。", "error"),
    "REAUTHENTICATION_SUCCESSFUL": ("密码已确认。", "info"),
    "EMAIL_NOT_PROVIDED": ("请填写邮箱。", "error"),
    "INVALID_EMAIL_ADDRESS": (f"{NO_ADDRESS}{HOW_TO_WRITE}", "error"),
    "EMAIL_ALREADY_ASSOCIATED": ("", "error"),  # never shown: its owner gets a mail
    "USER_DOES_NOT_EXIST": ("", "error"),  # never shown
    "PASSWORD_NOT_PROVIDED": ("请填写密码。", "error"),
    "INVALID_PASSWORD": ("现在的密码不对。", "error"),
    "PASSWORD_MISMATCH": ("两次填写的密码不一样。", "error"),
    "RETYPE_PASSWORD_MISMATCH": ("两次填写的密码不一样。", "error"),
    "PASSWORD_INVALID_LENGTH": ("密码至少 %(length)s 个字符。", "error"),
    "PASSWORD_TOO_SIMPLE": ("太容易猜到", "error"),
    "PASSWORD_IS_THE_SAME": ("新密码不能与现在的密码相同。", "error"),
    "PASSWORD_CHANGE": ("密码已修改。别处的登录都已退出。", "success"),
    "PASSWORD_RESET_REQUEST": (
        "如果「%(email)s」在本平台有账号，重设密码的邮件已发出，链接 1 小时内有效、只能用一次。"
        "几分钟没收到，请看垃圾邮件，或检查邮箱是否写对。",
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (
        "重设密码的链接已过期（有效期 1 小时），请重新申请。",
        "error",
    ),
    "INVALID_RESET_PASSWORD_TOKEN": (
        "重设密码的链接无效或已经用过。新密码设好了的，直接登录；没有的，重新申请。",
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": ("密码已设好，请用新密码登录。", "success"),
    "DISABLED_ACCOUNT": ("这个账号已停用，请联系平台运营方。", "error"),
    "INVALID_REDIRECT": ("不能跳转到别的网站。", "error"),
    "ANONYMOUS_USER_REQUIRED": ("您已经登录。", "info"),
    "FORGOT_PASSWORD": ("忘记密码？", "info"),
    "CONFIRM_REGISTRATION": (
        "还差一步：请打开「%(email)s」的邮箱，点确认邮件里的链接。链接 2 天内有效；"
        "几分钟没收到，请看垃圾邮件，或在登录页点「再发确认邮件」。",
        "success",
    ),
    "CONFIRMATION_REQUIRED": (
        "邮箱还没有确认：请点确认邮件里的链接；没收到，点下面的「再发确认邮件」。",
        "error",
    ),
    "CONFIRMATION_REQUEST": (
        "如果「%(email)s」有等待确认的账号，确认邮件已发出，链接 2 天内有效。",
        "info",
    ),
    "CONFIRMATION_EXPIRED": (
        "确认链接已过期（有效期 2 天），请再发一次确认邮件。",
        "error",
    ),
    "EMAIL_CONFIRMED": ("邮箱已确认，请登录。", "success"),
    "ALREADY_CONFIRMED": ("这个邮箱已经确认过，直接登录即可。", "info"),
    "INVALID_CONFIRMATION_TOKEN": ("确认链接无效，请再发一次确认邮件。", "error"),
    "CHANGE_EMAIL_SENT": (
        "确认邮件已发到「%(email)s」，点了里面的链接才更改，2 小时内有效。",
        "success",
    ),
    "CHANGE_EMAIL_CONFIRMED": ("登录邮箱已更改，以后请用新邮箱登录。", "success"),
    "CHANGE_EMAIL_EXPIRED": (
        "更改邮箱的链接已过期（有效期 2 小时），请重新办理。",
        "error",
    ),
    "TWO_FACTOR_INVALID_TOKEN": ("动态码不对，或已经用过。请等下一个再输。", "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": ("两步验证通过。", "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("两步验证已设好。", "success"),
    "TWO_FACTOR_PERMISSION_DENIED": ("请先输入账号和密码。", "error"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": ("不能选这一项。", "error"),
    "TWO_FACTOR_DISABLED": ("两步验证已关闭。", "success"),
    "TWO_FACTOR_SETUP_EXPIRED": ("设置要在 30 分钟内完成，请重新开始。", "error"),
    "INVALID_RECOVERY_CODE": ("备用码不对，或已经用过。", "error"),
    "NO_RECOVERY_CODES_SETUP": ("还没有备用码。", "info"),
    "INVALID_INPUT": ("填写的内容不对。", "error"),
    "INVALID_CODE": ("动态码不对。", "error"),
}
SUBJECTS = {
    "EMAIL_SUBJECT_REGISTER": "请确认邮箱",
    "EMAIL_SUBJECT_CONFIRM": "请确认邮箱",
    "EMAIL_SUBJECT_PASSWORD_RESET": "重设密码",
    "EMAIL_SUBJECT_PASSWORD_NOTICE": "密码已重设",
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "密码已修改",
    "CHANGE_EMAIL_SUBJECT": "请确认新的登录邮箱",
}
