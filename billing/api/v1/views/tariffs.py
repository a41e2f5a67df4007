from typing import Annotated

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from billing.api.v1.document import examples
from billing.api.v1.document.facts import describe
from billing.api.v1.paging import Listed, PageQuery, cursor_refusal, encode_cursor, read_primary_key, split_page
from billing.api.v1.schemas.requests import Code
from billing.api.v1.schemas.tariffs import TariffAnswer, tariff_answer
from billing.models import Tariff
from billing.operations.customers import instances

router = Router(tags=["tariffs"])


def _follow(tariffs: "QuerySet[Tariff]", key: int) -> "QuerySet[Tariff]":
    """Filters to what follows the tariff ``key``, in the order of publication: primary keys are those of drafts."""
    if not key:
        return tariffs
    last = Tariff.objects.exclude(published_at=None).filter(pk=key).first()
    if last is None:
        raise cursor_refusal()
    return tariffs.filter(Q(published_at__gt=last.published_at) | Q(published_at=last.published_at, pk__gt=key))


@router.get(
    "tariffs",
    response=Listed[TariffAnswer],
    summary="The published tariffs",
    openapi_extra=describe(refusals=("unknown_product", "invalid_cursor"), answer=examples.page(examples.A_TARIFF)),
)
def list_tariffs(
    request: HttpRequest, query: PageQuery, product: Annotated[Code | None, Query()] = None
) -> Listed[TariffAnswer]:
    """Lists the published tariffs, of one product or of all, in the order in which they were published."""
    tariffs = _follow(Tariff.objects.published(), read_primary_key(query.key()))
    if product is not None:
        tariffs = tariffs.filter(product=instances.find_product(product))
    page, more = split_page(
        tariffs.select_related("product").order_by("published_at", "pk")[: query.limit + 1], query.limit
    )
    return Listed[TariffAnswer](
        items=[tariff_answer(tariff) for tariff in page], next=encode_cursor(str(page[-1].pk)) if more else None
    )
