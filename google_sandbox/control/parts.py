"""What the parts of the control pages are made of: sections, tables, buttons."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from google_sandbox.pages import joined

SECTION = Markup("""  <section class="sandbox__card" id="{key}" aria-labelledby="h-{key}">
    <div class="panel__head"><h2 id="h-{key}">{title}</h2>{note}</div>
{body}
  </section>""")

TABLE = Markup("""    <div class="sandbox__scroll" role="region" aria-label="{label}, as a table" tabindex="0">
    <table class="table{stack}" role="table">
      <thead><tr role="row">{heads}</tr></thead>
      <tbody>
{rows}
      </tbody>
    </table>
    </div>""")

FACTS = Markup('    <div class="panel__body"><dl class="kv kv--wide">{}</dl></div>')
FACT = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
EMPTY = Markup('    <p class="panel__body muted">{}</p>')
NOTE = Markup('<p class="small muted">{}</p>')
CODE = Markup('<code class="breakable">{}</code>')
TITLE = Markup('<strong class="breakable">{}</strong><span class="sub">{}</span>')
OPTION = Markup('<option value="{}"{}>{}</option>')
FORM = Markup('<form method="post" action="{action}">{fields}{button}</form>')
HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')
BUTTON = Markup('<button class="button{small}" type="submit"{label}>{text}</button>')
ERROR = Markup(
    '<p class="field__error" id="{}" role="alert"><svg class="icon icon--small" aria-hidden="true">'
    '<use href="#i-bad"/></svg>{}</p>'
)


def section(key: str, title: str, *body: Markup, note: Markup | str = "") -> Markup:
    return SECTION.format(key=key, title=title, note=note, body=joined(body))


def facts(known: Iterable[tuple[str, Markup | str]]) -> Markup:
    """What is known by name; what is empty stays out."""
    return FACTS.format(joined(FACT.format(name, value) for name, value in known if value))


def button(action: str, text: str, *, label: str = "", small: bool = True, **fields: str) -> Markup:
    """A form of one button. A label says on what, where the text alone doesn't."""
    return FORM.format(
        action=action,
        fields=Markup().join(HIDDEN.format(name, value) for name, value in fields.items()),
        button=BUTTON.format(
            small=" button--small" if small else "",
            label=Markup(' aria-label="{}"').format(label) if label else "",
            text=text,
        ),
    )


def options(choices: Mapping[str, str], chosen: str = "") -> Markup:
    """Options of a select by their values."""
    picked = Markup(" selected")
    return joined(OPTION.format(value, picked if value == chosen else "", text) for value, text in choices.items())


def table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]], empty: str, *, stack: bool = True) -> Markup:
    """On a narrow screen each row becomes a stack, or the table scrolls where there are many short rows."""
    if not rows:
        return EMPTY.format(empty)
    head = Markup('<th scope="col" role="columnheader">{}</th>')
    unnamed = Markup('<td role="cell"></td>')
    return TABLE.format(
        label=label,
        stack=" table--stack" if stack else "",
        heads=joined(head.format(each) if each else unnamed for each in heads),
        rows=joined(_row(heads, row) for row in rows),
    )


def _row(heads: Sequence[str], cells: Sequence[str]) -> Markup:
    """The first cell names the row; on a narrow screen the others bring their column's name along."""
    first = Markup('<th scope="row" role="rowheader" class="wide">{}</th>').format(cells[0])
    cell = Markup('<td role="cell"{}>{}</td>')
    label = Markup(' data-label="{}"')
    rest = (
        cell.format(label.format(head) if head else "", value) for head, value in zip(heads[1:], cells[1:], strict=True)
    )
    return Markup('        <tr role="row">{}{}</tr>').format(first, Markup().join(rest))
