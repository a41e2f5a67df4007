from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from billing.api.v1.paging import Asked, Listed, cut, encode, number
from billing.api.v1.schemas.requests import Code
from billing.api.v1.schemas.tariffs import TariffAnswer, tariff_answer
from billing.models import Tariff
from billing.operations import instances

router = Router(tags=["tariffs"])


@router.get("tariffs", response=Listed[TariffAnswer])
def list_tariffs(
    request: HttpRequest, asked: Asked, product: Annotated[Code | None, Query()] = None
) -> Listed[TariffAnswer]:
    """The published tariffs, of one product or of all."""
    tariffs = Tariff.objects.published().filter(pk__gt=number(asked.key()))
    if product is not None:
        tariffs = tariffs.filter(product=instances.product_of(product))
    page, more = cut(tariffs.select_related("product").order_by("pk")[: asked.limit + 1], asked.limit)
    return Listed[TariffAnswer](
        items=[tariff_answer(tariff) for tariff in page], next=encode(str(page[-1].pk)) if more else None
    )
