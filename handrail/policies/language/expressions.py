"""CEL over a proposal's facts, checked when it is read: every name, every type, every function.

It is the part of CEL that makes sense of facts, with exact numbers, and functions for money, days and tables: see
`handrail.policies.language.functions`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import celpy
from celpy.celparser import CELParseError

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.policies import Comparison
from handrail.domain.policy.shapes import FactType, Shape, kind
from handrail.policies.language.compiling import Compiler
from handrail.policies.language.conjunctions import conjunction
from handrail.policies.language.nodes import Path, RuleNode, RuleSources, require

# celpy writes every value it meets to its debug log, and facts are customers' data.
logging.getLogger("celpy").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class CelExpression:
    """A compiled expression; `holds` may be called from any thread.

    It is true only where all of `conditions` are; where it is `exact`, it says nothing else.
    """

    source: str
    fields: frozenset[str]
    optional: frozenset[str]
    node: RuleNode
    slots: int
    paths: tuple[Path, ...] = ()
    asked: frozenset[Path] = frozenset()
    conditions: tuple[Comparison, ...] = ()
    exact: bool = False

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether the expression is true of `facts`, which hold every one of `fields`.

        Raises:
            InvalidInput: it has no value here: something within a fact is missing or of another type, a division by zero.
        """
        for path in self.paths:
            require(facts, path, self.asked)
        try:
            return bool(self.node.run([facts, *([None] * self.slots)]))
        except InvalidInput as error:
            raise InvalidInput(f"expression: {error}") from error
        except ArithmeticError as error:
            words = (
                "it divides by zero"
                if isinstance(error, ZeroDivisionError) or "Undefined" in repr(error)
                else "it has no value"
            )
            raise InvalidInput(f"expression: {words}") from error


def compile_expression(source: str, facts: Mapping[str, Shape], world: RuleSources | None = None) -> CelExpression:
    """The expression, checked against the declared facts.

    Raises:
        DefinitionInvalid: it does not parse, names what is not known, compares unlike things, or is neither true nor false.
    """
    try:
        tree = celpy.Environment().compile(source)
        compiler = Compiler(facts, world or RuleSources())
        node = compiler.node(tree)
    except CELParseError as error:
        raise DefinitionInvalid(f"does not parse near character {error.column or 1}. Correct it there") from error
    except RecursionError as error:
        raise DefinitionInvalid("is nested too deeply. Split it into several rules") from error
    if node.shape is not FactType.FLAG:
        raise DefinitionInvalid(f"it gives {kind(node.shape)}, neither true nor false. Compare it with something")
    conditions, exact = conjunction(tree, facts)
    # What is asked for once may be missing wherever it is used: used without asking, the expression fails and blocks.
    return CelExpression(
        source=source,
        fields=frozenset(compiler.needed - compiler.asked),
        optional=frozenset(compiler.asked),
        node=node,
        slots=compiler.slots,
        paths=tuple(sorted(compiler.paths - compiler.asked_paths)),
        asked=frozenset(compiler.asked_paths),
        conditions=tuple(conditions),
        exact=exact,
    )
