"""Reads a search as Gmail does: words, phrases, operators, `-`, OR, parentheses and braces, into a tree of terms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<open>[-+]?[({])
      | (?P<close>[)}])
      | (?P<term>[-+]?(?:(?P<operator>[A-Za-z_0-9]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s(){}"]+)|(?=[({])))
      | (?P<other>.)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Term:
    """A word or phrase, under an operator or free (operator empty)."""

    operator: str
    value: str


@dataclass(frozen=True)
class Not:
    inner: "Node"


@dataclass(frozen=True)
class Every:
    """All of these; without any it is true of every message."""

    inner: tuple["Node", ...]


@dataclass(frozen=True)
class Some:
    """At least one of these."""

    inner: tuple["Node", ...]


Node = Term | Not | Every | Some


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str = ""
    operator: str = ""
    negated: bool = False


def parse(query: str, operators: frozenset[str]) -> Node:
    """The tree of a query. What is no known operator is taken as words, as Gmail does."""
    return _Parser(_tokens(query, operators)).everything()


def terms(node: Node) -> list[Term]:
    """All terms of a tree, those of negations left out."""
    if isinstance(node, Term):
        return [node]
    if isinstance(node, Not):
        return []
    return [term for inner in node.inner for term in terms(inner)]


def _tokens(query: str, operators: frozenset[str]) -> list[_Token]:
    tokens: list[_Token] = []
    for match in TOKEN.finditer(query):
        if match["open"]:
            tokens.append(_Token("open", match["open"][-1], negated=match["open"].startswith("-")))
        elif match["close"]:
            tokens.append(_Token("close"))
        elif match["term"]:
            tokens.append(_term(match, operators))
    return tokens


def _term(match: re.Match[str], operators: frozenset[str]) -> _Token:
    text, operator = match["term"], (match["operator"] or "").lower()
    negated = text.startswith("-")
    value = match["phrase"] if match["phrase"] is not None else match["word"] or ""
    if operator and operator not in operators:
        return _Token("term", f"{operator} {value}", negated=negated)
    if not operator and text in {"OR", "AND"}:
        return _Token(text.lower())
    return _Token("term" if value or not operator else "field", value, operator, negated)


class _Parser:
    """Recursive descent. OR binds its two neighbors only, as at Gmail: `a b OR c` is `a` and one of `b`, `c`."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = list(tokens)
        self._at = 0

    def everything(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._tokens):
            parts.extend(self._sequence(""))
            self._at += 1  # past a bracket that closes nothing
        return Every(tuple(parts))

    def _sequence(self, operator: str) -> list[Node]:
        parts: list[Node] = []
        joining = False
        while (token := self._peek()) is not None and token.kind != "close":
            if token.kind in {"or", "and"}:
                joining = token.kind == "or" and bool(parts)
                self._at += 1
                continue
            node = self._node(operator)
            if joining:
                last = parts.pop()
                parts.append(Some((*last.inner, node) if isinstance(last, Some) else (last, node)))
            else:
                parts.append(node)
            joining = False
        return parts

    def _node(self, operator: str) -> Node:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "field":
            following = self._peek()
            if following is None or following.kind != "open":
                return Every(())
            node = self._node(token.operator)
        elif token.kind == "open":
            inner = tuple(self._sequence(operator))
            self._at += 1
            node = Some(inner) if token.text == "{" else Every(inner)
        else:
            node = Term(token.operator or operator, token.text)
        return Not(node) if token.negated else node

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None
