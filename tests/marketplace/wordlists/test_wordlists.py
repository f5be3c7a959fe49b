"""Word lists as versions: what a draft may say, what it would change, and how it comes into force.
Not here: what exchanging the lists does to words, queries and features (tests/matching/test_lists.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import lists_in_use
from marketplace.accounts.models import Person
from marketplace.errors import NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import upkeep as listing_upkeep
from marketplace.wordlists import content, deeds, queries, upkeep
from marketplace.wordlists.models import WordEdition, WordListVersion
from matching import Document, lexicon
from matching import text as words_of
from search import Query
from tests.factories import Factory

CHAINS = {"轴承", "新能源汽车"}
LONG = "长" * 31
# A text has to be long enough to be published, and says nothing of what is looked for.
NET = "，检修人员踏空时能够承托，网体耐老化、可拆洗，适合城市道路和厂区使用，已经在多处安装。"
GROUP = "窨井盖,盖板,井盖"
NIGHT = "，夜里车辆压过声音很大，路面跟着震动，想换成压不响的。"


def shipped(kind: str) -> dict[str, list[str]]:
    others = {one: list(content.shipped_lines(one)) for one in content.SHIPPED}
    others.pop(kind)
    return others


def faults(kind: str, added: str, removed: str = "") -> dict[str, list[str]]:
    checking = content.Checking(
        kind, added, removed, others=shipped(kind), chain_words=CHAINS
    )
    return checking.problems()


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        ("synonyms", "窨井盖", "至少要有两个不同的词"),
        ("synonyms", "PLC,plc，ＰＬＣ", "至少要有两个不同的词"),
        ("synonyms", "窨井盖,", "至少要有两个不同的词"),
        (
            "synonyms",
            "窨井盖,井盖\n\n# 备注\n井 盖,井盖",
            "第 4 行：「井盖」在第 1 行的一组里已经有了",
        ),
        ("synonyms", "井盖,物联网", "已经在自带的一组「物联网"),
        ("synonyms", f"井盖,{LONG}", "最多 30 个"),
        ("synonyms", "井盖,窨井\u200b盖", "U+200B"),
        ("synonyms", "井盖,\ue000", "U+E000"),
        ("synonyms", "井盖,\x07铃", "U+0007"),
        ("synonyms", "井盖,！？", "没有字母、汉字或数字"),
        ("synonyms", "井盖,的", "是停用词"),
        ("synonyms", ",".join(f"词{n}号" for n in range(13)), "最多 12 个词"),
        ("terms", "智能 窨井盖", "词里不能有空格"),
        ("terms", "智能窨井盖 0", "1 到 100000"),
        ("terms", "智能窨井盖 ２", "1 到 100000"),
        ("terms", "智能窨井盖 3 名词", "词性"),
        ("terms", "井", "单字"),
        ("terms", "轴承保持架", "自带的词表里已经有了"),
        ("terms", "智能窨井盖\n智能窨井盖 3 n", "第 2 行：「智能窨井盖」和第 1 行重复"),
        ("terms", "如何", "是停用词"),
        ("stop_words", "轴承", "产业链名称里的词"),
        ("stop_words", "轴承保持架", "是专业词"),
        ("stop_words", "的", "已经有了"),
        ("stop_words", "相当 不错", "中间不能有空格"),
        ("stop_words", "一二三四五六七八九十一", "最多 10 个"),
    ],
)
def test_wrong_lines_are_refused_by_line(kind: str, lines: str, said: str) -> None:
    assert lexicon.stop_words() >= {"如何", "的"}
    problems = faults(kind, lines)["added"]
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("第 ") for problem in problems)


@pytest.mark.parametrize(
    ("kind", "added", "removed"),
    [
        ("synonyms", "窨井盖，阴井盖、井盖", ""),
        ("synonyms", "AI,智脑", "人工智能,AI,artificial intelligence"),
        # The same group in another order and with other commas.
        ("synonyms", "", "AI，人工智能，artificial intelligence"),
        ("terms", "智能窨井盖\n3D打印窨井盖 2 n\n# 备注", ""),
        ("terms", "轴承保持架 9 n", "轴承保持架 1 n"),
        ("stop_words", "妥妥的", "的"),
    ],
)
def test_right_lines_are_taken(kind: str, added: str, removed: str) -> None:
    assert faults(kind, added, removed) == {}


def test_only_what_is_shipped_can_be_taken_out() -> None:
    problems = faults("synonyms", "", "人工智能,AI\n\n不存在的,词")["removed"]
    assert [problem[:6] for problem in problems] == ["第 1 行：", "第 3 行："]


def test_too_many_lines_are_one_problem() -> None:
    lines = "\n".join(f"词{n}号" for n in range(content.MAX_LINES + 1))
    (problem,) = faults("terms", lines)["added"]
    assert "2001 行" in problem


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


@pytest.fixture(autouse=True)
def shipped_afterwards(app: Flask) -> Iterator[None]:
    yield
    with app.app_context():
        lists_in_use.remove_file()
    words_of.use_lists(lexicon.shipped_lists())


def draft_of(
    operator: Person | None, kind: str = "synonyms", added: str = GROUP
) -> WordListVersion:
    draft = deeds.begin_draft(kind, by=operator)
    return deeds.save_draft(
        draft,
        added=added,
        removed="",
        note="县里的叫法",
        by=operator,
        seen=draft.revision,
    )


def enabled(
    operator: Person, kind: str = "synonyms", added: str = GROUP
) -> WordEdition:
    draft = draft_of(operator, kind, added)
    deeds.ask_preview(draft, by=operator, seen=draft.revision)
    upkeep.make_preview(draft.id)
    return deeds.enable_draft(draft, by=operator, seen=draft.revision)


def found(app: Flask, text: str) -> set[int]:
    hits = app.extensions["search"].find(Query(text)).hits
    return {hit.id for hit in hits}


def test_a_draft_comes_into_force_after_one_rebuild(
    app: Flask, make: Factory, operator: Person
) -> None:
    """Search and matcher answer as before until it is built, then with the new words; one button goes back."""
    cover = make.achievement(title="盖板盖板盖板", state="published")
    listing_upkeep.index_sync()
    old_engine = app.extensions["search"]
    assert cover.id not in found(app, "窨井盖")
    cover_id = cover.id
    edition = enabled(operator)
    # Nothing of the present one is touched while the copies are made; killed in between, the rest is made again.
    assert upkeep.build_copies(edition.number)["index"] == 1
    assert upkeep.build_copies(edition.number) == {}
    assert cover_id not in found(app, "窨井盖")
    assert lists_in_use.words_in_use() == "平台自带的词表"
    # Published by a worker that still has the former index.
    later = make.achievement(title="井盖开启器", state="published")
    listing_upkeep.index_sync()
    later_id = later.id

    upkeep.use_edition(edition.number)
    assert found(app, "窨井盖") >= {cover_id, later_id}
    assert app.extensions["search"] is not old_engine
    assert "词表第 1 版" in lists_in_use.words_in_use()
    assert app.extensions["search"].state()["version"].endswith("+1")
    with app.extensions["matchers"].using("achievement") as matcher:
        assert len(matcher.rank(Document(0, "窨井盖松动", ""))) >= 2
    # Twice is as good as once: a process that was killed here begins again.
    upkeep.use_edition(edition.number)
    assert queries.version_in_force("synonyms").number == 1

    back = deeds.go_back(by=operator, seen=1)
    upkeep.build_copies(back.number)
    upkeep.use_edition(back.number)
    assert cover_id not in found(app, "窨井盖")
    assert queries.version_in_force("synonyms") is None
    states = db.session.scalars(
        db.select(WordEdition.state).order_by(WordEdition.number)
    )
    assert list(states) == ["former", "in_force"]
    # And forward again, to what was in force before.
    again = deeds.go_back(by=operator, seen=2)
    assert again.synonyms_id is not None
    upkeep.build_copies(again.number)
    upkeep.use_edition(again.number)
    assert cover_id in found(app, "窨井盖")


def test_processes_take_the_lists_of_the_file(app: Flask, client: FlaskClient) -> None:
    """The next request finds them; a file that was cut is no list, and the shipped ones answer."""
    with app.app_context():
        lists = lexicon.shipped_lists()
        edition = lists_in_use.Edition(
            5, "2026-11-28", lists.term_lines, lists.stop_lines, [GROUP]
        )
        lists_in_use.write_file(edition)
    path: Path = app.extensions["lists_in_use"].path
    text = path.read_text()
    # As another process of this host wrote it.
    path.unlink()
    client.get("/algorithm")
    assert words_of.word_lists().edition == 0
    path.write_text(text)
    client.get("/algorithm")
    assert words_of.word_lists().edition == 5
    assert words_of.word_lists().groups.keys() == {"窨井盖", "盖板", "井盖"}
    assert app.extensions["search"].path.name == "search.w5.db"
    path.write_text(text[:-9])
    client.get("/algorithm")
    assert words_of.word_lists().edition == 0
    assert app.extensions["search"].path.name == "search.db"


def test_a_preview_names_what_would_change(make: Factory, operator: Person) -> None:
    cover = make.achievement(title="盖板盖板盖板", summary=f"盖板下装防坠网{NET}")
    other = make.achievement(title="夜里压过声")
    wanted = make.demand(title="窨井盖松动响", problem=f"路上窨井盖松动响{NIGHT}")
    plain = draft_of(operator)
    deeds.ask_preview(plain, by=operator, seen=plain.revision)
    figures = upkeep.make_preview(plain.id)
    assert figures["listings"]["tried"] == 3
    # Synonyms change no cut, but answers and rankings.
    assert figures["listings"]["changed"] == 0
    assert "窨井盖" in figures["queries"]
    assert figures["rankings"] == {"tried": 1, "changed": 1}
    move = figures["moves"][0]
    assert move["ids"] == [wanted.id, cover.id]
    assert move["after"] == 1
    assert move["before"] != 1
    assert "窨井盖" in move["why"]["demand"]
    assert "盖板" in move["why"]["achievement"]
    # Which falls for it has none of the words.
    fallen = figures["moves"][1]
    assert fallen["ids"] == [wanted.id, other.id]
    assert fallen["why"]["achievement"] == []
    # Nothing here cuts with the lists of the preview afterwards.
    assert words_of.word_lists() is lexicon.shipped_lists()
    assert queries.preview_of(plain).state == "ready"

    terms = draft_of(operator, "terms", "防坠网\n松动响 7")
    assert terms.added.splitlines()[1] == "松动响 7"
    assert terms.added.splitlines()[0].startswith("防坠网 ")
    deeds.ask_preview(terms, by=operator, seen=terms.revision)
    assert upkeep.make_preview(terms.id)["listings"]["changed"] == 2


def test_what_is_not_a_draft_or_was_not_previewed_is_not_enabled(
    operator: Person,
) -> None:
    draft = draft_of(operator)
    with pytest.raises(NotNow, match="预览"):
        deeds.enable_draft(draft, by=operator, seen=draft.revision)
    deeds.ask_preview(draft, by=operator, seen=draft.revision)
    upkeep.make_preview(draft.id)
    # Changed after the preview: it says nothing of this draft.
    deeds.save_draft(
        draft, added="井盖,井圈", removed="", note="", by=operator, seen=draft.revision
    )
    with pytest.raises(NotNow, match="预览"):
        deeds.enable_draft(draft, by=operator, seen=draft.revision)
    with pytest.raises(Stale):
        deeds.save_draft(draft, added="", removed="", note="", by=operator, seen=1)
    deeds.ask_preview(draft, by=operator, seen=draft.revision)
    upkeep.make_preview(draft.id)
    deeds.enable_draft(draft, by=operator, seen=draft.revision)
    with pytest.raises(NotNow, match="正在重建"):
        deeds.withdraw_draft(draft, by=operator, seen=draft.revision)
    other = draft_of(operator, "stop_words", "妥妥的")
    deeds.ask_preview(other, by=operator, seen=other.revision)
    upkeep.make_preview(other.id)
    with pytest.raises(NotNow, match="一次只能启用一版"):
        deeds.enable_draft(other, by=operator, seen=other.revision)
    deeds.stop_building(by=operator, seen=1)
    assert draft.state == "draft"
    assert not deeds.take_effect(1)
    deeds.withdraw_draft(draft, by=operator, seen=draft.revision)
    assert deeds.begin_draft("synonyms", by=operator).number == 2


def test_one_draft_at_a_time(make: Factory, operator: Person) -> None:
    """Who begins second opens the draft of the first, also in the same moment."""
    first = deeds.begin_draft("terms", by=operator)
    assert deeds.begin_draft("terms", by=make.person("operator")).id == first.id
    second = WordListVersion(kind="terms", number=9, fingerprint="")
    db.session.add(second)
    with pytest.raises(Exception, match="uq_word_list_version_draft|UNIQUE"):
        db.session.flush()
    db.session.rollback()


def test_pages_lead_from_a_draft_to_the_edition(
    sign_in: Callable[..., FlaskClient], operator: Person
) -> None:
    client = sign_in(operator)
    assert "平台自带的词表" in client.get("/office/words/").text
    assert client.post("/office/words/synonyms/begin").status_code == 303
    address = "/office/words/synonyms/draft"
    wrong = client.post(address, data={"added": "井盖\n物联网,井圈", "seen": "1"})
    assert wrong.status_code == 422
    assert "第 1 行" in wrong.text
    assert "第 2 行" in wrong.text
    assert "井盖\n物联网,井圈" in wrong.text
    saved = client.post(address, data={"added": GROUP, "seen": "1"})
    assert saved.status_code == 303
    stale = client.post(address, data={"added": "井盖,井圈", "seen": "1"})
    assert stale.status_code == 409
    assert "井盖,井圈" in stale.text
    assert GROUP in stale.text
    assert (
        client.post("/office/words/synonyms/preview", data={"seen": "2"}).status_code
        == 303
    )
    assert "正在算预览" in client.get(address).text
    draft = queries.get_draft("synonyms", by=operator)
    upkeep.make_preview(draft.id)
    assert "没有一条需求" in client.get(address).text
    assert (
        client.post("/office/words/synonyms/enable", data={"seen": "2"}).status_code
        == 303
    )
    assert "正在重建" in client.get("/office/words/").text
    assert "停止重建" in client.get("/office/words/").text
    deeds.take_effect(1)
    assert "退回平台自带的内容" in client.get("/office/words/").text
    assert client.post("/office/words/back", data={"seen": "7"}).status_code == 409
    assert client.post("/office/words/back", data={"seen": "1"}).status_code == 303
    assert client.post("/office/words/stop", data={"seen": "2"}).status_code == 303
    page = client.get("/office/words/synonyms/versions?q=物联网").text
    assert "物联网,IoT" in page
    assert client.get("/office/words/nothing/versions").status_code == 404


def test_scripts_take_lists_out_and_in(
    app: Flask, session: object, operator: Person, tmp_path: Path
) -> None:
    edition = enabled(operator)
    deeds.take_effect(edition.number)
    runner = app.test_cli_runner()
    path = tmp_path / "lists.json"
    assert runner.invoke(args=["dictionaries", "export", str(path)]).exit_code == 0
    lists = json.loads(path.read_text())["word_lists"]
    assert lists["synonyms"]["added"] == [GROUP]
    assert GROUP in lists["synonyms"]["lines"]
    same = runner.invoke(args=["dictionaries", "import", str(path)])
    assert same.output.count("as it is in force") == 6
    lists["stop_words"]["added"] = ["妥妥的"]
    path.write_text(json.dumps({"word_lists": lists}))
    taken = runner.invoke(args=["dictionaries", "import", str(path)])
    assert "stop_words: draft of version 1" in taken.output
    lists["terms"]["added"] = ["轴 承"]
    lists["stop_words"]["added"] = []
    path.write_text(json.dumps({"word_lists": lists}))
    refused = runner.invoke(args=["dictionaries", "import", str(path)])
    assert refused.exit_code == 1
    assert "第 1 行" in refused.output
    assert queries.open_draft("terms", by=None) is None
    path.write_text("[]")
    assert runner.invoke(args=["dictionaries", "import", str(path)]).exit_code == 1
