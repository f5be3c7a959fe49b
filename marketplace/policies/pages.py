"""The pages of policies: 我能拿多少, the library, versions of a clause, kept estimates. What is done: `deeds.py`."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from marketplace import contributions
from marketplace.clock import today
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Invalid, Stale
from marketplace.parsing.documents import MAX_BYTES
from marketplace.permissions import may
from marketplace.policies import deeds, queries
from marketplace.policies.asking import read_request
from marketplace.policies.clause_files import read_seed
from marketplace.policies.contributed import tax_hints
from marketplace.policies.estimating import FIRST_QUESTIONS, Later, estimate
from marketplace.policies.evaluating import STATES
from marketplace.policies.forms import ClauseForm, OfficialTextForm
from marketplace.policies.typed_figures import question_labels

blueprint = Blueprint("policies", __name__)
# What the boxes that ask no figure are called in the list of what is wrong.
OTHER_BOXES = {"day": "按哪一天算", "other_day": "和哪一天比", "more": "再多一份合同"}


def init_app(_app: Flask) -> None:
    """Read the files at the start. Raises FaultyFileError: one is wrong; the text names file and line."""
    # A file that is wrong stops the start, with its line, rather than a page some day.
    read_seed(queries.known_questions())


@blueprint.route("/policies/estimate", methods=["GET", "POST"], endpoint="estimate")
@needs("public.read", writes=False, stored=OPEN_PAGE)
def show_estimate() -> ResponseReturnValue:
    """我能拿多少: verdicts of every clause for the figures of the form, which are not stored."""
    return _estimate_page({})


@blueprint.post("/policies/estimates")
@needs("policies.keep", of_thing=True)
def keep() -> ResponseReturnValue:
    """Keep an estimate for the organisation."""
    asked = read_request(request.form, today(), current_reader())
    # Nothing is stored that was only half understood.
    if asked.problems:
        return _estimate_page(asked.problems)
    try:
        row = deeds.keep_estimate(
            asked.organisation_id,
            request.form,
            asked.day,
            pieces=asked.pieces,
            by=current_reader(),
        )
    except Invalid as error:
        return _estimate_page(error.problems)
    flash("测算已存下，以后规则变了也照这一天的样子显示。", "success")
    return redirect(url_for("policies.kept", estimate_id=row.id), 303)


@blueprint.get("/policies/estimates/<int:estimate_id>")
@needs("policies.keep", of_thing=True)
def kept(estimate_id: int) -> ResponseReturnValue:
    """An estimate as it was kept."""
    row = queries.get_kept(estimate_id, by=current_reader())
    panels = contributions.case_panels(row, current_reader())
    return render_template("policies/kept.html", row=row, panels=panels)


@blueprint.get("/policies")
@needs("public.read", stored=OPEN_PAGE)
def library() -> ResponseReturnValue:
    """Every clause, by document, with what it is worth; operators see which stored ones cannot be read."""
    may_edit = may(current_user, "policies.edit")
    return render_template(
        "policies/library.html",
        documents=queries.library(today()),
        day=today(),
        may_edit=may_edit,
        unreadable=queries.unreadable_clauses() if may_edit else [],
    )


@blueprint.get("/policies/<clause_code>")
@needs("public.read", stored=OPEN_PAGE)
def clause(clause_code: str) -> ResponseReturnValue:
    """One clause: its versions, its conditions, its cases, and the official text beside it."""
    versions = queries.list_versions(clause_code)
    # The version of today, not the newest: that one may only begin next year.
    standing = queries.version_on(versions, today())
    return render_template(
        "policies/clause.html",
        versions=versions,
        standing=standing,
        clause=standing.clause,
        questions=queries.known_questions(),
        states=STATES,
        literal=queries.literal_of(standing.clause),
        day=today(),
        may_edit=may(current_user, "policies.edit"),
    )


@blueprint.route("/policies/texts", methods=["GET", "POST"])
@needs("policies.edit", writes=False, takes_files=True)
def texts() -> ResponseReturnValue:
    """Which official texts are loaded; load one, pasted or as a file."""
    documents = queries.loaded_documents(today())
    form = OfficialTextForm()
    form.offer(one.number for one in documents)
    if not form.is_submitted():
        return render_template("policies/texts.html", form=form, documents=documents)
    sent = request.files.get("file")
    given = "file" if sent is not None and sent.filename else "text"
    try:
        content = _sent_text(form, sent if given == "file" else None)
        rows = deeds.load_text(form.document.data, content, by=current_user)
    except Invalid as error:
        problem = f"{error.message}{error.advice}"
        form.blame(error.problems or {given: [problem]}, given)
        page = render_template("policies/texts.html", form=form, documents=documents)
        return page, 422
    flash(f"已载入「{form.document.data}」，分成 {len(rows)} 条。", "success")
    return redirect(url_for("policies.texts"), 303)


def _sent_text(form: OfficialTextForm, file: FileStorage | None) -> bytes:
    """What was sent of a document. Raises Invalid: no document was chosen, nothing was sent, or both."""
    problems: dict[str, list[str]] = {}
    if form.document.data not in dict(form.document.choices):
        problems["document"] = ["没有这份文件，请从列出的里面选。"]
    elif not form.document.data:
        problems["document"] = ["选这是哪一份文件。"]
    pasted = form.text.data or ""
    # Which of both should count nobody can say.
    if file is not None and pasted.strip():
        problems["file"] = ["全文和文件只用一样，请清空其中一个。"]
    elif file is None and not pasted.strip():
        problems["text"] = ["贴上文件全文，或者在下面选一个文件。"]
    if problems:
        raise Invalid("原文没有载入。", problems=problems)
    # One byte more than is taken: the reader sees that it is too large and says so.
    return pasted.encode() if file is None else file.stream.read(MAX_BYTES + 1)


@blueprint.route("/policies/<clause_code>/new", methods=["GET", "POST"])
@needs("policies.edit")
def add(clause_code: str) -> ResponseReturnValue:
    """Add a version to a clause."""
    return _version_page(clause_code)


@blueprint.route("/policies/new", methods=["GET", "POST"])
@needs("policies.edit")
def new() -> ResponseReturnValue:
    """Add a clause that the library does not have."""
    return _version_page(None)


def _version_page(code: str | None) -> ResponseReturnValue:
    versions = queries.version_rows(code) if code is not None else []
    newest = versions[0] if versions else None
    form = ClauseForm(text=newest.text if newest else "[[clause]]\n")
    if form.is_fresh:
        form.seen.data = str(newest.number if newest else 0)
    if not form.is_submitted():
        return render_template("policies/new.html", form=form, code=code)
    if not form.validate():
        return render_template("policies/new.html", form=form, code=code), 422
    try:
        row = deeds.add_version(
            code, form.text.data or "", by=current_user, seen=form.seen_revision
        )
    except Invalid as error:
        form.blame(error.problems)
        return render_template("policies/new.html", form=form, code=code), 422
    except Stale as error:
        versions = queries.version_rows(code) if code is not None else []
        # With the newest number: who has compared both can send their text again, on purpose.
        form.seen.data = str(versions[0].number if versions else 0)
        page = render_template("policies/new.html", form=form, code=code, error=error)
        return page, 409
    flash(f"新版本已保存，从 {row.valid_from} 起按它计算。", "success")
    return redirect(url_for("policies.clause", clause_code=row.code), 303)


def _estimate_page(problems: dict[str, list[str]]) -> ResponseReturnValue:
    reader = current_reader()
    asked = read_request(request.form, today(), reader)
    problems = {**asked.problems, **problems}
    questions = queries.known_questions()
    result = None
    # Without a figure there is nothing to tell anybody, and a wrong one would give wrong sums.
    if asked.figures and not problems:
        later = None
        if asked.other_day is not None:
            later = Later(
                asked.other_day,
                queries.clauses_on(asked.other_day),
                asked.other_pieces,
            )
        result = estimate(
            queries.clauses_on(asked.day),
            asked.figures,
            asked.day,
            questions=questions,
            more=asked.more,
            later=later,
            literal=queries.literal_words(asked.day),
            pieces=asked.pieces,
        )
    page = render_template(
        "policies/estimate.html",
        asked=asked,
        result=result,
        problems=problems,
        questions=questions,
        first=[questions[name] for name in FIRST_QUESTIONS],
        names=question_labels(questions) | OTHER_BOXES,
        hints=tax_hints(),
        kept=queries.list_kept(by=reader) if reader.is_authenticated else [],
    )
    return page, 422 if problems else 200
