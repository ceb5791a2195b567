"""What auditors say is read for what it is: a weakness, nothing, or that nobody could be asked."""

from tests.security.audit import of_npm, of_pip_audit


def test_a_package_that_was_not_asked_about_is_not_called_sound() -> None:
    """Skipped is its own answer: an index without advisories makes no program safe."""
    report = {
        "dependencies": [
            {"name": "sound", "version": "1", "vulns": []},
            {"name": "weak", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
            {"name": "unheard", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    findings = of_pip_audit(report)
    assert findings.known == ("weak 2: PYSEC-1, mended in 2.1",)
    assert (findings.unasked, findings.asked) == (("unheard",), 2)


def test_npms_findings_are_read() -> None:
    """By package and severity."""
    findings = of_npm({"vulnerabilities": {"left": {"severity": "high"}}, "metadata": {"dependencies": {"total": 4}}})
    assert (findings.known, findings.unasked, findings.asked) == (("left: high",), (), 4)


def test_a_registry_without_advisories_is_told() -> None:
    """As a mirror answers that has none."""
    findings = of_npm({"message": "404 Not Found", "error": {}})
    assert findings.known == () and findings.unasked == ("npm: 404 Not Found",)
