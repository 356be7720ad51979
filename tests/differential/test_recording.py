"""The recording is what the vendor's SDK says."""

import pytest

from tests.differential import vendor


@pytest.mark.timeout(330)
@vendor.needs_vendor
def test_the_vendors_sdk_says_what_was_recorded() -> None:
    from tests.differential.observe import observed

    assert observed(str(vendor.VENDOR)) == vendor.recorded()
