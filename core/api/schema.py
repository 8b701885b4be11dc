"""The description of the API (OpenAPI 3): how our own fields, rows and refusals look to a code generator."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from core import inputs
from core.api.filters import Filter
from core.api.representation import key_of
from core.documents import Column

_FIELDS: Mapping[str, type[serializers.Field]] = {"date": serializers.DateField}


class ApiSchema(AutoSchema):
    """Names components after their room, so that two rooms may both have an order line."""

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        name = super().get_serializer_name(serializer, direction)
        room = type(getattr(serializer, "child", serializer)).__module__.partition(".")[0]
        return name if room in ("rest_framework", "drf_spectacular", "core") else f"{room.capitalize()}{name}"


class BearerScheme(OpenApiAuthenticationExtension):
    """The token header."""

    target_class = "core.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer bhn_… (manage.py create_token)"}


class _InputField(OpenApiSerializerFieldExtension):
    """Our strict fields, all of which are texts in JSON."""

    match_subclasses = True
    described: Mapping[str, Any] = {}

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return dict(self.described)


class NumberFieldSchema(_InputField):
    target_class = inputs._NumberField
    described = {"type": "string", "format": "decimal", "example": "12.5"}


class WholeFieldSchema(_InputField):
    target_class = inputs.WholeField
    priority = 1
    described = {"type": "integer"}


class DayFieldSchema(_InputField):
    target_class = inputs.DayField
    described = {"type": "string", "format": "date"}


class CodeFieldSchema(_InputField):
    target_class = inputs.CodeField
    described = {"type": "string", "description": "code or number of a record of the company"}


PROBLEM = OpenApiResponse(
    inline_serializer(
        "Problem",
        {
            "type": serializers.CharField(),
            "title": serializers.CharField(),
            "status": serializers.IntegerField(),
            "detail": serializers.CharField(help_text="what happened, in the language of Accept-Language"),
            "code": serializers.CharField(help_text="stable code for programs"),
            "hint": serializers.CharField(allow_blank=True, help_text="what to do about it"),
            "facts": serializers.DictField(child=serializers.CharField()),
            "errors": inline_serializer(
                "ProblemField",
                {
                    "field": serializers.CharField(allow_blank=True, help_text="path of the field at fault, lines[2].quantity"),
                    "code": serializers.CharField(),
                    "message": serializers.CharField(),
                    "facts": serializers.DictField(child=serializers.CharField()),
                },
                many=True,
            ),
        },
    ),
    description="Refused; nothing was written (RFC 9457).",
)

KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same body, the request has no second effect and gets the first answer.",
)


def row_serializer(
    name: str, columns: Iterable[Column], *, more: Mapping[str, serializers.Field] | None = None
) -> type[serializers.Serializer]:
    """The description of a row with these columns."""
    fields: dict[str, serializers.Field] = dict(more or {})
    for column in columns:
        kind = _FIELDS.get(column.kind, serializers.CharField)
        fields[key_of(column)] = kind(help_text=str(column.label), allow_null=True, required=not column.secret)
    return type(name, (serializers.Serializer,), fields)


def head_fields() -> dict[str, serializers.Field]:
    """What every document tells about itself."""
    texts = ("number", "state", "note", "created_by")
    return {
        "id": serializers.IntegerField(),
        "version": serializers.IntegerField(),
        "document_date": serializers.DateField(),
        "created_at": serializers.DateTimeField(),
        **{name: serializers.CharField() for name in texts},
    }


def page_of(name: str, row: type[serializers.Serializer]) -> Any:
    """The description of a page by number."""
    return inline_serializer(
        f"{name}Page",
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": row(many=True),
        },
    )


def slice_of(name: str, row: type[serializers.Serializer]) -> Any:
    """The description of a piece of a big ledger."""
    return inline_serializer(f"{name}Slice", {"next_after": serializers.IntegerField(allow_null=True), "results": row(many=True)})


def parameters(filters: Sequence[Filter], paging: Sequence[str], sorts: Iterable[str] = ()) -> list[OpenApiParameter]:
    """The parameters of a list."""
    found = [OpenApiParameter(one.name, str, description=one.description) for one in filters]
    found += [OpenApiParameter(name, int) for name in paging]
    names = [sign + name for name in sorts for sign in ("", "-")]
    return [*found, *([OpenApiParameter("sort", str, enum=names)] if names else [])]


REFUSALS: dict[Any, Any] = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM}
