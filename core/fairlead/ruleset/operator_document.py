"""The shape of an extra operator in a resolved ruleset: what its plug-in says of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.documents.shapes import DocumentModel, Name
from fairlead.documents.texts import Texts
from fairlead.facts.document import TypeDeclaration
from fairlead.ruleset.parts import Expression

__all__ = ["OperandPart", "OperatorPart", "OperatorParts"]


class OperandPart(DocumentModel):
    """A parameter of an operator."""

    name: Name = Field(description="What the definition and the words call it.")
    type: TypeDeclaration = Field(description="The type that an operand must fit.")


class OperatorPart(DocumentModel):
    """An operator that a plug-in defines by an expression."""

    title: Texts = Field(description="What the operator is called.")
    # a list: the canonical form of a document does not keep the order of keys
    parameters: Annotated[list[OperandPart], Field(min_length=1, max_length=8)] = Field(
        description="The operands, in their order."
    )
    result: TypeDeclaration = Field(description="The type of the result.")
    words: Texts = Field(description="The sentence of a call, with the parameters' names in braces.")
    definition: Expression = Field(description="What a call stands for, over the parameters.")


class OperatorParts(DocumentModel):
    """Extra operators by name, as they stand in a resolved ruleset."""

    operators: dict[Name, OperatorPart] = Field(default={}, description="The operators that are called.")
