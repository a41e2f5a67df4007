"""Everything that is sold by quantity was called a terminal until now, by the code: it keeps that name, as its product's."""

from typing import Any

from django.db import migrations

TERMINAL = {
    "unit_name": "terminal",
    "unit_name_plural": "terminals",
    "unit_name_ru": "терминал",
    "unit_name_few_ru": "терминала",
    "unit_name_many_ru": "терминалов",
    "unit_name_per_ru": "терминал",
}


def name_terminals(apps: Any, _schema_editor: Any) -> None:
    Tariff = apps.get_model("billing", "Tariff")
    products = Tariff.objects.filter(metric="quantity").values("product_id")
    apps.get_model("accounts", "Product").objects.filter(pk__in=products, unit_name="").update(**TERMINAL)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_product_units"),
        ("billing", "0003_catalogue"),
    ]

    operations = [migrations.RunPython(name_terminals, migrations.RunPython.noop)]
