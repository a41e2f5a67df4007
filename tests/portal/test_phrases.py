"""The tag `phrase`: a choice of words over several lines of a template is one line of text."""

from django.template import Context, Template


def render(source: str, **names: object) -> str:
    return Template("{% load phrases %}" + source).render(Context(names))


def test_blanks_of_the_layout_are_not_written():
    source = (
        "({% phrase %}\n  {% if paid %}\n    paid\n  {% else %}\n    to be\n    paid\n  {% endif %}\n{% endphrase %})"
    )
    assert render(source, paid=True) == "(paid)"
    assert render(source, paid=False) == "(to be paid)"


def test_a_space_that_never_breaks_stays():
    assert (
        render("{% phrase %}\n {{ sum }}\n{% endphrase %}", sum="\u00a01\u00a0204,00\u00a0₽")
        == "\u00a01\u00a0204,00\u00a0₽"
    )


def test_what_people_wrote_is_escaped_once():
    assert render("{% phrase %} {{ name }} {% endphrase %}", name="<b>R&D</b>") == "&lt;b&gt;R&amp;D&lt;/b&gt;"
    source = "{% autoescape off %}{% phrase %} {{ name }} {% endphrase %}{% endautoescape %}"
    assert render(source, name="R&D") == "R&D"


def test_a_phrase_is_kept_under_a_name():
    source = (
        "{% phrase as part %}\n{% if account %}&amp;account={{ account }}{% endif %}\n{% endphrase %}?a=1{{ part }}"
    )
    assert render(source, account="1001") == "?a=1&amp;account=1001"
    assert render(source, account="") == "?a=1"
