"""The password again, before a sensitive act: showing numbers in clear, exporting them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from registry.accounts import kept
from registry.accounts.forms import ConfirmPasswordForm
from registry.accounts.signing import here, page_here


def recently_confirmed() -> bool:
    """Whether who is signed in gave the password within the last ten minutes, at sign-in or again."""
    return bool(current_user.is_authenticated and current_user.is_confirmed)


def ask_password() -> ResponseReturnValue:
    """The page that asks for the password again; a view returns it when `recently_confirmed()` is False.

    Afterwards one is back at the same address, and a form comes back filled, to be sent again.
    """
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.confirm_password", next=here()))
    form = ConfirmPasswordForm(formdata=None)
    form.kept.data = kept.keep(here(), list(request.form.items(multi=True)), current_user.id) or ""
    form.next.data = page_here()
    return render_template("accounts/confirm_password.html", form=form, repeated=True)
