"""The form of a draft. What a line may be is in `content.py`."""

from __future__ import annotations

from wtforms import StringField, TextAreaField

from marketplace.forms import SeenForm
from marketplace.wordlists.dictionary_lines import LAYOUTS

# Kind → how its lines are written.
WAYS = {
    "synonyms": "一行一组，同组的词用逗号隔开，如：窨井盖，井盖。一个词只能在一组里。",
    "terms": "一行一个词，如：智能窨井盖。词频不用写，保存时按需要补上；要自己定就写成「词 词频」。",
    "chains": f"一行一条：{LAYOUTS['chains']}。如：bearing|轴承|1|非官方|在用。",
    "districts": f"一行一条：{LAYOUTS['districts']}。如：371523|茌平县|县|并入 371503 2019。",
    "fields": f"一行一条：{LAYOUTS['fields']}。如：101|软件|在用。",
    "stop_words": "一行一个词。停用词不参加匹配；专业词、同义词和产业链名称里的词不能停用。",
}


class DraftForm(SeenForm):
    """What a version adds and takes out."""

    added = TextAreaField("增加")
    removed = TextAreaField(
        "去掉（平台自带的）",
        description="一行一条，从自带的词表里原样复制。没有要去掉的就空着。",
    )
    note = StringField("说明", description="为什么改，以后查得到。最多 300 个字。")
