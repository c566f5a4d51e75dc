from tests import factories as make
from tests import training as t
from registry.core.permissions import Role

def test_smoke(app, session):
    b = t.Browser(app, session)
    c = t.course(session)
    for url in ["/training/courses","/training/courses/open",f"/training/courses/{c.id}"]+[f"/training/courses/{c.id}/{x}" for x in "edit sessions cancel reopen enrol enrol/one drafts attendance assessment close certificates sign_in_sheet".split()]:
        b.get(url)
    es=t.enrolled(session,c,3)
    t.record_all(session,c,low=[es[0].id])
    for url in ["/training/courses","/training/courses/open",f"/training/courses/{c.id}"]+[f"/training/courses/{c.id}/{x}" for x in "edit sessions cancel reopen enrol enrol/one drafts attendance assessment close certificates sign_in_sheet".split()]:
        b.get(url)
    a=b.submit(f"/training/courses/{c.id}/close", attested="y", then="prepare")
    assert a.status_code==303, t.told(a)
    print(t.told(b.client.get(f"/training/courses/{c.id}")))
    print(t.told(b.client.get(f"/training/courses/{c.id}/certificates")))
