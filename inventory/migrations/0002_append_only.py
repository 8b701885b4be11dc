from django.db import migrations

from core.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("core", "0002_append_only")]

    operations = [AppendOnly("inventory_stockposting"), AppendOnly("inventory_stockmove")]
