"""check, compare: what a text or a change is like, before anything is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import clock_of, json_option, now_option, workspace_of
from publisher.cli.output import show, show_json, tell, tell_problems, terminal
from publisher.messages import msg
from publisher.notice.wording import level_name

if TYPE_CHECKING:
    from publisher.errors import Problem
    from publisher.run.observe import Observation
    from publisher.workspace import NoticeDays, Workspace


@click.command("check")
@click.option("--ref", help="Check what is committed there instead of the files in the folder.")
@json_option
@now_option
@click.pass_context
def check_command(ctx: click.Context, ref: str | None, as_json: bool, now: str | None) -> None:
    """Check the texts and the pending change as they lie in the folder, before they are committed.

    \b
    Examples:
      publisher check                  e.g. as a pre-commit hook
      publisher check --ref main
    """
    from contextlib import nullcontext

    from publisher.register.folder import FolderTexts
    from publisher.register.record import open_record
    from publisher.register.repository import Texts, open_texts
    from publisher.run.letters import letter_problems
    from publisher.run.observe import observe
    from publisher.run.papers import paper_problems

    workspace = workspace_of(ctx)
    clock = clock_of(workspace, now)
    if ref:
        workspace = _on_ref(workspace, ref)
    open_record(workspace).check()  # in a fresh clone everything would look like a first version
    opened: Any = open_texts(workspace.root) if ref else nullcontext(FolderTexts(workspace.root))
    with opened as found:
        texts: Texts = found
        observation = observe(workspace, texts, clock())
    made = [*paper_problems(workspace, observation), *letter_problems(workspace, observation, clock())]
    unmade = [problem for problem in made if problem.severity == "error"]
    problems = [*observation.problems, *unmade]
    remarks = [*observation.remarks, *observation.warnings, *(p for p in made if p not in unmade)]
    if as_json:
        show_json(_check_json(observation, remarks, problems))
    else:
        for policy, change in observation.pending.items():
            plan = next(p for p in observation.plan.policies if p.policy == policy)
            if change.first and not change.problems:
                show(msg("{policy}: a first version, published without notice", policy=policy))
                continue
            for language, comparison in (change.change.comparisons if change.change else {}).items():
                for finding in comparison.findings:
                    show(
                        msg(
                            "{policy} ({language}) {clause}: {explanation} [{code}]",
                            policy=policy,
                            language=language,
                            clause=finding.clause_title,
                            explanation=finding.explanation,
                            code=finding.code,
                        )
                    )
            if change.change:
                show(
                    msg(
                        "{policy}: {level}, {days} days' notice",
                        policy=policy,
                        level=level_name(change.level.value),
                        days=change.days,
                    )
                )
            if plan.effective and plan.counted:
                show(msg("  earliest: {counted}", counted=plan.counted))
        tell_problems([*remarks, *problems])
        if not problems and not observation.pending:
            show(msg("Nothing is wrong, and no change is pending."))
    from publisher.cli.engine import exit_status
    from publisher.errors import Misconfigured

    ctx.exit(exit_status(observation.problems) or (Misconfigured.exit_status if unmade else 0))


def _on_ref(workspace: Workspace, ref: str) -> Workspace:
    from publisher.workspace import Workspace

    git = workspace.settings.git.model_copy(update={"ref": ref})
    return Workspace(workspace.root, workspace.settings.model_copy(update={"git": git}))


def _check_json(observation: Observation, remarks: list[Problem], problems: list[Problem]) -> dict[str, Any]:
    say = terminal()
    return {
        "schema": "publisher/check/v1",
        "ok": not problems,
        "findings": [p.as_json(say) for p in (*remarks, *problems)],
        "changes": [
            {"policy": policy, "level": change.level.value, "days": change.days}
            for policy, change in observation.pending.items()
        ],
    }


@click.command("compare")
@click.argument("sides", metavar="[OLD NEW]", nargs=-1)
@click.option("--language", type=click.Choice(["ko", "en"]), help="The language of the texts.")
@click.option(
    "--batch",
    metavar="FILE",
    type=click.File("r", encoding="utf-8"),
    help='JSON lines {"id","language","old","new"} from FILE or "-".',
)
@click.option("--html", "out", metavar="OUT", help="Write the comparison as one page to the file OUT as well.")
@json_option
@click.pass_context
def compare_command(
    ctx: click.Context, sides: tuple[str, ...], language: str | None, batch: Any, out: str | None, as_json: bool
) -> None:
    """Say what changed between two texts, what it means, and how much notice it calls for.

    A side is a file, or in a workspace POLICY@VERSION, POLICY@HEAD or POLICY@BRANCH.

    \b
    Examples:
      publisher compare old.md new.md --language en
      publisher compare privacy@20200727 privacy@HEAD --language ko
      publisher compare old.md new.md --language en --html changes.html
      publisher compare old.md new.md --language en --json
      publisher compare --batch pairs.jsonl
    """
    from publisher.errors import Misconfigured, Place, WrongUsage
    from publisher.run.comparing import compare_texts, comparison_json, load_side, page_file, write_page
    from publisher.workspace import NoticeDays

    if batch and (sides or out is not None):
        raise WrongUsage.of(
            "C538",
            msg("--batch reads the texts from its lines; it goes with no text and no --html."),
            msg("Compare one pair at a time to get a page: publisher compare old.md new.md --language en --html OUT"),
        )
    try:
        workspace: Workspace | None = workspace_of(ctx)
    except Misconfigured as error:
        if error.problems[0].code != "C514":
            raise
        workspace = None  # files can be compared anywhere
    days = workspace.settings.notice.days if workspace else NoticeDays()
    if batch:
        ctx.exit(_compare_batch(batch, days))
    if len(sides) != 2 or language is None:
        raise WrongUsage.of(
            "C538",
            msg("Two texts and their language are needed."),
            msg("For example: publisher compare old.md new.md --language en"),
        )
    page = page_file(out, sides) if out is not None else None
    old, new = (load_side(side, language, workspace) for side in sides)
    comparison = compare_texts(old, new, language, {}, (Place(path=sides[0]), Place(path=sides[1])))
    found = comparison_json(comparison, days)
    if page:
        write_page(page, comparison, ((sides[0], old), (sides[1], new)), language, found["notice_days"])
        tell(msg("The comparison stands in {path}.", path=str(page)))
    if as_json:
        show_json(found)
        return
    from publisher.cli.comparison import show_comparison

    show_comparison(comparison, found["notice_days"], changes=page is None)


def _compare_batch(lines: Any, days: NoticeDays) -> int:
    """Answer each line; a line that cannot be answered gets an answer with "error". Returns the status."""
    from publisher.errors import PublisherError
    from publisher.run.comparing import compare_texts, comparison_json, prepare_for_many
    from publisher.texts.pieces import Shared

    prepare_for_many()
    shared = Shared()
    status = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        pair: dict[str, Any] = {}
        try:
            pair = json.loads(line)
            language = pair["language"] if pair["language"] in {"ko", "en"} else "en"
            # A text may hold a lone surrogate, which no file can: it is answered like any unreadable text.
            old, new = (pair[side].encode("utf-8", "surrogatepass") for side in ("old", "new"))
            shared.spare()
            found = comparison_json(compare_texts(old, new, language, {}, shared=shared), days)
            level = "consent_required" if found["consent_required"] else found["level"]
            answer = {
                "id": pair["id"],
                "level": level,
                "topics": found["topics"],
                "findings": found["findings"],
            }
        except PublisherError as error:
            say = terminal()
            answer = {"id": pair.get("id"), "error": [p.as_json(say) for p in error.problems]}
            status = error.exit_status
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            answer = {
                "id": pair.get("id") if isinstance(pair, dict) else None,
                "error": f"line {number} is no such pair",
            }
            status = 2
        # an id may hold a lone surrogate too, which no terminal or file takes but as JSON writes it (\ud800)
        click.echo(json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8"))
    return status
