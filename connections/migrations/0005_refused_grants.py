"""A grant that was refused waits to be revoked without a connection, so each revocation says whose it is."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def say_whose(apps, schema_editor):
    connections = apps.get_model("connections", "Connection").objects.filter(pk=OuterRef("connection"))
    fields = ("connector", "client_id", "account_sub", "account_email")
    apps.get_model("connections", "Revocation").objects.update(
        **{field: Subquery(connections.values(field)[:1]) for field in fields}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_policy_privacy_and_version'),
    ]

    operations = [
        migrations.AddField(
            model_name='revocation',
            name='connector',
            field=models.CharField(default='', max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='revocation',
            name='client_id',
            field=models.CharField(default='', max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='revocation',
            name='account_sub',
            field=models.CharField(default='', max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='revocation',
            name='account_email',
            field=models.CharField(default='', max_length=320),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='revocation',
            name='connection',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='revocations', to='connections.connection'),
        ),
        migrations.RunPython(say_whose, migrations.RunPython.noop),
    ]
