"""The equal mean of a few models that err differently; fitted weights were measured to be worse."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.errors import SettingsError
from forecast.models.boosted import Boosted, score
from forecast.models.contract import Model, Parts
from forecast.models.forest import SideBySide
from forecast.models.nested import under
from forecast.models.relearning import Renewable
from forecast.params import Params, copy_unfitted


class Blend(Params):
    """The equal mean of its members.

    Args:
        members: models of the interface of `forecast.models`, at least one.
    """

    name: ClassVar[str] = "blend"
    learns: ClassVar[bool] = True

    def __init__(self, members: Sequence[Model]) -> None:
        self.members = members

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit every member, each with a random state of its own."""
        if not self.members:
            raise SettingsError("a blend needs at least one member")
        self.members_: list[Model] = [
            copy_unfitted(member).fit(design, random_state=random_state + i, n_jobs=n_jobs)
            for i, member in enumerate(self.members)
        ]
        self._join_forests()
        return self

    def renewed(self, design: Design, new: np.ndarray) -> Self:
        """Return the blend whose members have also learned from values (n, L) where `new`, those that can."""
        out = copy(self)
        out.members_ = [m.renewed(design, new) if isinstance(m, Renewable) else m for m in self.members_]
        out._join_forests()
        return out

    def _join_forests(self) -> None:
        # one call for all boosted members: for a single forecast, calls cost more than trees
        self._boosted = [i for i, member in enumerate(self.members_) if isinstance(member, Boosted)]
        members = [self.members_[i] for i in self._boosted]
        self._forest = SideBySide([m.forest_ for m in members if isinstance(m, Boosted)]) if members else None

    def point(self, design: Design) -> np.ndarray:
        """Return the mean of the members' forecasts, (n, L)."""
        leads = len(design.leads)
        scores = None if self._forest is None else score(self._forest, design)
        total = np.zeros((len(design), leads), dtype=np.float32)
        for i, member in enumerate(self.members_):
            if scores is not None and isinstance(member, Boosted):
                at = self._boosted.index(i) * leads
                total = total + member.point_from(scores[:, at : at + leads], design)
            else:
                total = total + member.point(design)
        return total / np.float32(len(self.members_))

    def importance(self, design: Design) -> np.ndarray:
        """Return the mean of the members' importances, each summing to 1."""
        parts = [member.importance(design) for member in self.members_]
        mean: np.ndarray = np.mean([part / (part.sum() or 1.0) for part in parts], axis=0)
        return mean

    def to_parts(self) -> Parts:
        """Return the members' parts, numbered."""
        listed: list[dict[str, Any]] = []
        arrays: dict[str, np.ndarray] = {}
        texts: dict[str, str] = {}
        for i, member in enumerate(self.members_):
            values, inner, inner_texts = member.to_parts()
            listed.append({"name": member.name, "values": values})
            arrays |= {f"{i}/{key}": value for key, value in inner.items()}
            texts |= {f"{i}/{key}": value for key, value in inner_texts.items()}
        return {"members": listed}, arrays, texts

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the blend that `to_parts` described."""
        from forecast.models import by_name

        members = []
        for i, member in enumerate(values["members"]):
            members.append(
                by_name(member["name"]).from_parts(member["values"], under(str(i), arrays), under(str(i), texts))
            )
        out = cls(members=[copy_unfitted(member) for member in members])
        out.members_ = members
        out._join_forests()
        return out
