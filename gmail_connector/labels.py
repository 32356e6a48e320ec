"""Labels that people name, by the ids that Gmail knows them by."""

import difflib
from collections.abc import Iterable

from gmail_connector.reading import Reader
from kernel.errors import InputRejected


def label_ids(reader: Reader, wanted: Iterable[str], *, field: str = "labels") -> tuple[str, ...]:
    """Ids of labels that are given by name, in any case, or by id.

    :param field: the option or input that names them.
    :raises InputRejected: the mailbox has no such label. :raises ConsoleError: Gmail refused.
    """
    wanted = tuple(wanted)
    names = reader.labels() if wanted else {}
    ids = {name.casefold(): label_id for label_id, name in names.items()}
    unknown = [each for each in wanted if each not in names and each.strip().casefold() not in ids]
    if unknown:
        texts = [_unknown(reader.client.email, each, names.values()) for each in unknown]
        raise InputRejected(fields={field: texts})
    return tuple(each if each in names else ids[each.strip().casefold()] for each in wanted)


def _unknown(email: str, label: str, names: Iterable[str]) -> str:
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(label.strip().casefold(), by_folded, 1)
    hint = f" Did you mean {by_folded[near[0]]}?" if near else ""
    return f"{email} has no label “{label}”.{hint}"
