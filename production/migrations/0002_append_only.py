from django.db import migrations

from core.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("production", "0001_initial"), ("core", "0002_append_only")]

    operations = [AppendOnly("production_workordercost")]
