"""Clauses and what they give: every worked case, files read strictly, and properties over random figures."""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.envelopes import assessing
from marketplace.policies import evaluating
from marketplace.policies.clause_files import (
    LEAST_CASES,
    check_dates,
    parse_clauses,
    read_questions,
    read_seed,
)
from marketplace.policies.content import Case, Clause, Figure, Question
from marketplace.policies.evaluating import (
    FEN,
    STATES,
    Verdict,
    evaluate_clause,
    failed_cases,
)
from marketplace.rules.seed_files import read_values
from marketplace.rules.toml_lines import FaultyFileError

QUESTIONS = read_questions()
SEED = {code: versions[-1][0] for code, versions in read_seed(QUESTIONS).items()}
TEXTS = {code: versions[-1][1] for code, versions in read_seed(QUESTIONS).items()}
CASES = []
for _clause in SEED.values():
    CASES.extend((_clause, _case) for _case in _clause.cases)
DAY = date(2026, 11, 20)
# Random inputs; `make chaos` takes more of them.
FIGURES = int(os.environ.get("FIGURES", "10000"))
# Every row of the reference, as its second reading corrects it.
ROWS = {
    "P-1a", "P-1b", "P-1c", "P-1d", "P-2", "P-4a", "P-4b", "P-4c", "P-4d", "P-5a", "P-5b", "P-6a", "P-6b", "P-6c",
    "P-7a", "P-7b", "P-7c", "P-8a", "P-8b", "P-9", "P-10a", "P-10b", "P-11", "P-13", "P-15", "P-16a", "P-16b",
    "P-17a", "P-17b", "P-18a", "P-18b", "P-19a", "P-19b", "P-19c", "P-19d", "P-19e", "P-20a", "P-20b", "P-20c",
    "P-21", "P-22a", "P-22b", "Q-1", "Q-2", "Q-3", "Q-4", "Q-5", "D-1a", "D-1b", "D-2c", "D-3a", "D-3b", "D-5a",
    "D-5d",
}  # fmt: skip


def name_of(pair: Clause | Case) -> str:
    return pair.code if isinstance(pair, Clause) else f"{pair.day} {pair.expected}"


def test_every_row_of_the_reference_is_there() -> None:
    assert set(SEED) == ROWS


@pytest.mark.parametrize(("clause", "case"), CASES, ids=name_of)
def test_worked_cases_come_out(clause: Clause, case: Case) -> None:
    verdict = evaluate_clause(clause, case.figures, case.day)

    assert verdict.short == case.expected


@pytest.mark.parametrize("clause", SEED.values(), ids=name_of)
def test_each_clause_has_cases_of_the_boundary_and_both_sides(clause: Clause) -> None:
    days = {case.day for case in clause.cases}

    assert len(clause.cases) >= LEAST_CASES
    assert {clause.valid_from, clause.valid_from - timedelta(days=1)} <= days
    assert max(days) > clause.valid_from
    assert clause.office
    assert clause.payee
    assert clause.papers


def test_the_figures_of_contracts_are_those_of_the_rules() -> None:
    values = read_values()
    amount = SEED["P-19b"].amount

    assert amount.rate == values["tech_contract.rate"][-1].number
    assert amount.cap == values["tech_contract.cap"][-1].number


@pytest.mark.parametrize("code", [code for code in SEED if code[0] == "D"])
def test_drafts_never_give_a_sum(code: str) -> None:
    figures = {"kind": "firm", "above_scale": True, "first_report": True, "rd_spend": Decimal(500)}  # fmt: skip
    assert evaluate_clause(SEED[code], figures, DAY) == Verdict("draft")


def test_two_readings_that_differ_are_both_shown() -> None:
    figures: dict[str, Figure] = {
        "kind": "firm", "above_scale": True, "first_report": True, "rd_spend": Decimal(60),
        "rd_growth": Decimal(0), "no_rd_subsidy": False,
    }  # fmt: skip
    verdict = evaluate_clause(SEED["P-8b"], figures, DAY)

    assert verdict.state == "unverified"
    outcomes = [one.short for _, one in verdict.readings]
    assert outcomes == ["not_met", "5"]


def test_what_is_not_met_names_the_condition_and_the_own_value() -> None:
    verdict = evaluate_clause(SEED["P-19b"], {"kind": "person"}, DAY)

    assert (verdict.state, verdict.own) == ("not_met", ("kind", "person"))
    assert verdict.amount is None


def test_a_missing_answer_is_asked_for_and_never_taken_for_0() -> None:
    verdict = evaluate_clause(SEED["P-7b"], {"kind": "firm"}, DAY)
    assert verdict == Verdict("missing", asks=("provincial_major",))
    answered: dict[str, Figure] = {"kind": "firm", "provincial_major": True}
    verdict = evaluate_clause(SEED["P-7b"], answered, DAY)
    assert verdict.asks == ("grant_last_year", "paid_for_project")


# Everything through which a sum of a clause or a claim goes; of products and loans the tests of their room.
COMPUTING = (
    *Path(evaluating.__file__).parent.glob("*.py"),
    *Path(assessing.__file__).parent.glob("*.py"),
)


@pytest.mark.parametrize("path", COMPUTING, ids=lambda path: path.name)
def test_nothing_computes_with_binary_fractions_and_no_text_is_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    constants = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]

    assert not names & {"float", "eval", "exec", "compile", "__import__"}
    assert constants == []
    # Nothing is cut to a whole number on the way.
    if path == Path(evaluating.__file__):
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FloorDiv)]


def random_figures(lot: random.Random, clause: Clause) -> Iterator[tuple[str, Figure]]:
    for name in clause.fields:
        question = QUESTIONS[name]
        if lot.random() < 0.1:
            continue
        if name == "kind" and lot.random() < 0.8:
            yield name, lot.choice(clause.entitled)
        elif question.kind == "choice":
            yield name, lot.choice(list(question.choices))
        elif question.kind == "yes":
            yield name, lot.random() < 0.8
        elif question.kind == "count":
            yield name, Decimal(lot.randrange(500))
        else:
            yield name, Decimal(lot.randrange(10**9)).scaleb(-lot.randrange(4))


def recompute(verdict: Verdict) -> Decimal:
    """The sum of a trace by the operations it names, from its numbers alone."""
    result = Decimal(0)
    for step in verdict.steps:
        if step.operation == "take":
            result = step.right
            continue
        assert step.left == result
        result = {
            "percent": result * step.right / 100,
            "times": result * step.right,
            "larger": max(result, step.right),
            "plus": result + step.right,
            "cap": min(result, step.right),
            "round": step.result,
        }[step.operation]
        assert step.result == result
    return result


def test_for_random_figures_the_trace_adds_up_and_the_cap_holds_once() -> None:
    lot = random.Random(16)  # noqa: S311  the same every time
    clauses = list(SEED.values())
    sums = 0
    for _ in range(FIGURES):
        clause = lot.choice(clauses)
        figures = dict(random_figures(lot, clause))
        verdict = evaluate_clause(clause, figures, DAY)
        assert verdict.state in STATES
        assert (verdict.amount is not None) == (verdict.state == "amount")
        if verdict.amount is None:
            continue
        sums += 1
        assert abs(recompute(verdict) - verdict.amount) <= FEN / 2
        assert verdict.amount == verdict.amount.quantize(FEN)
        amount = clause.amount
        if amount.cap is not None:
            assert verdict.amount <= amount.cap
            caps = [one for one in verdict.steps if one.what == amount.cap_words]
            assert len(caps) == 1
    assert sums > FIGURES / 5


def test_brackets_are_summed_part_by_part() -> None:
    text = TEXTS["P-19b"].replace('form = "rate"', 'form = "brackets"')
    text = text.replace(
        'rate = "1.5"', 'brackets = [["0", "0"], ["500", "50"], ["1000", "10"]]'
    )
    (clause,) = parse_clauses(text, "x", QUESTIONS)
    uncapped = replace(clause, amount=replace(clause.amount, cap=None))

    sums = {}
    for base in ("500", "500.02", "1200"):
        figures: dict[str, Figure] = {"kind": "firm", "tax_free_amount": Decimal(base)}
        sums[base] = evaluate_clause(uncapped, figures, DAY).short
    assert sums == {"500": "0", "500.02": "0.01", "1200": "270"}


def test_a_wrong_case_is_told() -> None:
    text = TEXTS["P-19b"].replace('expected = "30"', 'expected = "31"')
    (clause,) = parse_clauses(text, "x", QUESTIONS)

    assert failed_cases(clause)[0] == "第 2 个算例（2023-01-01）应为 31，算出 30。"


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('title = "', 'colour = "red"\ntitle = "', "colour", "不认识的项"),
        ('office = "市科技局"\n', "", "[[clause]]", "缺少 office"),
        ('payee = "卖方（读法）"', 'payee = ""', "payee =", "payee 是空的"),
        ('number = "聊政字〔2023〕11号"\n', "", "[[clause]]", "缺少 number"),
        ("valid_from = 2023-01-01", 'valid_from = "2023"', "valid_from", "要写成日期"),
        ('in_force = "active"', 'in_force = "yes"', "in_force", "in_force 只能是"),
        ('entitled = ["firm"', 'entitled = ["ship"', "entitled", "没有 'ship' 这一类单位"),
        ("papers = [", "papers = 3 #", "papers", "papers 要写成"),
        ('form = "rate"', 'form = "float"', "form", "不认识的 form"),
        ('rate = "1.5"', "rate = 1.5", "rate", "要写成引号里的数字"),
        ('rate = "1.5"', 'rate = "NaN"', "rate", "要写成引号里的数字"),
        ('rate = "1.5"', 'rate = "-1"', "rate", "要写成引号里的数字"),
        ('rate = "1.5"\n', "", "[[clause.amount]]", "缺少 rate"),
        ('bases = ["tax_free_amount"]', 'bases = ["income"]', "bases", "没有问题 'income'"),
        ('bases = ["tax_free_amount"]', 'bases = ["kind"]', "bases", "不是这种 form"),
        ('cap_period = "year"\n', "", "cap", "要一起写"),
        ('cap_period = "year"', 'cap_period = "week"', "cap_period", "cap_period 只能是"),
        ('expected = "not_yet"', 'expected = "perhaps"', "expected", "要写成引号里的数字"),
        ("day = 2022-12-31", "day = 2022-12-30", "[[clause]]", "前一天"),
        ("day = 2022-12-31", 'day = "x"', "day =", "要写成日期"),
        ('kind = "firm", tax', 'kind = "ship", tax', "figures", "没有 'ship' 这一项"),
        ("[[clause.amount]]", "[[clause.sum]]", "[[clause]]", "不认识的项 'sum'"),
        ("[[clause.amount]]", "[[clause.amount]]\nform = \"open\"\n[[clause.amount]]", "[[clause]]", "只写一个"),
        ("payee_is_applicant = true", "payee_is_applicant = 1", "payee_is", "true 或 false"),
        ('code = "P-19b"', 'code = "new"', "code", "大写字母开头"),
        ('code = "P-19b"', 'code = "P/19"', "code", "大写字母开头"),
        ('number = "聊政字〔2023〕11号"', 'number = "  "', "number", "不留空"),
        ('title = "', 'title = "\\u0000', "title", "要写成引号里的文字"),
        ("papers = [", 'papers = [" ", ', "papers", "不留空"),
        ('rate = "1.5"', 'rate = "１.５"', "rate", "要写成引号里的数字"),
        ('rate = "1.5"', 'rate = "15e-1"', "rate", "要写成引号里的数字"),
        ('rate = "1.5"', 'rate = "1.1234567"', "rate", "最多六位小数"),
        ('cap_period = "year"', 'cap_period = "year"\nused = "kind"', "used", "问金额的问题"),
        ('cap = "50"\ncap_period = "year"', 'used = "tax_free_amount"', "used", "和 cap 一起写"),
        ('bases = ["tax_free_amount"]', 'bases = "tax_free_amount"', "bases", "要写成列表"),
        ('form = "rate"\nrate = "1.5"', 'form = "brackets"\nbrackets = []', "brackets", "至少一段"),
        ('form = "rate"\nrate = "1.5"', 'form = "brackets"\nbrackets = [["0"]]', "brackets", "两个数"),
        ('form = "rate"\nrate = "1.5"', 'form = "brackets"\nbrackets = [["5", "1"]]', "brackets", "从 0 开始"),
        ('form = "rate"\nrate = "1.5"', 'form = "brackets"\nbrackets = [["0", "1"], ["0", "2"]]',
         "brackets", "从小到大"),
        ('form = "rate"\nrate = "1.5"\nbases = ["tax_free_amount"]',
         'form = "levels"\nlevels = {}\nbases = ["platform"]',
         "levels", "至少一级"),
        ("[[clause.amount]]", '[[clause.reading]]\ncode = "a"\nlabel = "甲"\n[[clause.amount]]',
         "[[clause]]", "读法至少写两种"),
        ("[[clause.amount]]",
         '[[clause.condition]]\nfield = ["kind"]\noperator = "is"\nvalue = true\nsays = "x"\n[[clause.amount]]',
         "field", "没有问题"),
        ("[[clause.amount]]",
         '[[clause.condition]]\nfield = "talent_project"\noperator = "is"\nvalue = true\nsays = 3\n[[clause.amount]]',
         "says = 3", "要写成引号里的文字"),
        ('cap = "50"', 'cap = "50"\ncap = "60"', "cap = \"60\"", "同一项写了两次"),
        ('office = "市科技局"', "office = 市科技局", "office", "写法不对"),
    ],
)  # fmt: skip
def test_a_faulty_clause_is_refused_with_its_line(
    old: str, new: str, at: str, said: str
) -> None:
    text = TEXTS["P-19b"]
    assert old in text

    text = text.replace(old, new, 1)
    (line, *_) = [
        number for number, one in enumerate(text.splitlines(), 1) if one.startswith(at)
    ]

    with pytest.raises(FaultyFileError, match=f"s.toml:{line}: .*{said}"):
        parse_clauses(text, "s.toml", QUESTIONS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[clause]\ncode = 'x'", "不认识的表"),
        ("clause = [1]", "每一条写成"),
        ("[[clause]]\ncondition = 3", "condition 写成"),
        ("[[clause]\n", "写法不对"),
        ("[[other]]", "不认识的表"),
    ],
)
def test_what_is_no_clause_is_refused(text: str, said: str) -> None:
    with pytest.raises(FaultyFileError, match=said):
        parse_clauses(text, "s.toml", QUESTIONS)


def test_too_few_cases_are_refused() -> None:
    text = TEXTS["P-19b"].split("[[clause.case]]")
    with pytest.raises(FaultyFileError, match="至少写 3 个算例"):
        parse_clauses("[[clause.case]]".join(text[:3]), "s.toml", QUESTIONS)


@pytest.mark.parametrize(
    ("ends", "begins", "said"),
    [
        (None, date(2026, 1, 1), "重叠"),
        (date(2026, 1, 1), date(2026, 1, 1), "重叠"),
        (date(2025, 12, 30), date(2026, 1, 1), "空档"),
    ],
)
def test_versions_follow_without_gap_or_overlap(
    ends: date | None, begins: date, said: str
) -> None:
    clause = SEED["P-19b"]
    versions = [replace(clause, valid_to=ends), replace(clause, valid_from=begins)]
    with pytest.raises(FaultyFileError, match=f"^a.toml:9: P-19b .*{said}"):
        check_dates(versions, ["a.toml:1", "a.toml:9"])
    sound = [replace(clause, valid_to=date(2025, 12, 31)), versions[1]]
    check_dates(sound, ["a.toml:1", "a.toml:9"])


def test_files_that_overlap_refuse_to_start_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "clauses"
    folder.mkdir()
    (folder / "a.toml").write_text(TEXTS["P-19b"], encoding="utf-8")
    (folder / "b.toml").write_text(f"# later\n{TEXTS['P-19b']}", encoding="utf-8")

    with pytest.raises(FaultyFileError, match=r"^b\.toml:9: P-19b .*重叠"):
        read_seed(QUESTIONS, tmp_path)


def test_questions_are_read_strictly(tmp_path: Path) -> None:
    head = '[[question]]\nfield = "kind"\nlabel = "x"\n'
    for rest, said in (
        ('kind = "choice"', "choices 只给 choice"),
        ('kind = "count"', "缺少 unit"),
        ('kind = "text"', "不认识的 kind"),
        ('kind = "money"\ncolour = "red"', "不认识的项 'colour'"),
    ):
        path = tmp_path / "questions.toml"
        path.write_text(f"{head}{rest}\n", encoding="utf-8")
        with pytest.raises(FaultyFileError, match=rf"^questions\.toml:\d+: {said}"):
            read_questions(tmp_path)
    assert all(isinstance(one, Question) for one in QUESTIONS.values())
    asked: set[str] = set()
    for clause in SEED.values():
        asked.update(clause.fields)
    assert asked == set(QUESTIONS)
