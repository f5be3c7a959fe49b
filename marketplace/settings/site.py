"""What the footer and the titles write about the site. How they look is in `templates/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Site:
    """What the footer and the titles write about the site; empty fields are hidden, never invented.

    The statutory fields follow 互联网信息服务管理办法 and the 公安备案 rules; the ICP number stands on the home page.
    """

    name: str = "聊城科技大市场"
    organiser: str = ""  # 主办单位
    operator: str = ""  # 运营单位
    phone: str = ""
    email: str = ""
    icp: str = ""  # ICP备案号
    police: str = ""  # 公安备案号
    code: str = ""  # 网站标识码, only for a government site
    privacy_url: str = ""
    terms_url: str = ""


def read_site(env: Mapping[str, str]) -> Site:
    """Footer and titles: SITE_NAME, SITE_ORGANISER and so on, each with the default of its field."""
    given = {}
    for one in fields(Site):
        variable = f"SITE_{one.name.upper()}"
        # Set to nothing is an answer too: it hides the line.
        if variable in env:
            given[one.name] = env[variable]
    return Site(**given)
