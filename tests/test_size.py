"""Sizes add up."""

from wc_core import SizeReport
from wc_core.size import SizeItem


def test_items_add_up_to_the_file_by_kind_and_by_tensor():
    """No byte is lost between the views."""
    items = (
        SizeItem("fc1", "indices", 500),
        SizeItem("fc1", "codebook", 64),
        SizeItem("fc1.bias", "raw", 40),
        SizeItem("", "header", 96),
    )
    report = SizeReport(items, original_bytes=4200, fp32_bytes=4000)
    assert report.stored_bytes == sum(report.by_kind().values()) == 700
    assert sum(report.by_tensor().values()) == 700
    assert report.by_tensor()["fc1"] == 564
    assert (report.compression_ratio, report.to_dict()["compression_ratio"]) == (6, 6)
    assert report.ratio_vs_fp32 == 4000 / 700
