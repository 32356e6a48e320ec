"""How a card's effect is said and drawn."""

from dataclasses import dataclass

from flows.cards import AnyCard, Effect


@dataclass(frozen=True)
class EffectLook:
    icon: str
    words: str


_LOOKS = {
    Effect.READ: EffectLook("read", "reads"),
    Effect.SET_STATE: EffectLook("settings", "changes settings"),
    Effect.SEND: EffectLook("send", "sends once"),
    Effect.CALL: EffectLook("settings", "does what its request does"),
}


def look_of(card: AnyCard) -> EffectLook:
    """The icon of a card's glyph, and its effect in words."""
    return _LOOKS[card.effect]
