import time, pytest
from sqlalchemy import select, func
from registry.accounts.models import Unit
@pytest.mark.parametrize("n", range(20))
def test_units(session, n):
    assert session.execute(select(func.count()).select_from(Unit)).scalar() == 70
@pytest.mark.parametrize("n", range(20))
def test_nothing(app, n):
    pass
@pytest.mark.parametrize("n", range(5))
def test_client(client, n):
    assert client.get("/").status_code
@pytest.mark.browser
def test_page(page):
    page.goto("/"); print(page.title()); assert page.content()
