import plotly.graph_objects as go

from wc_core.charts import chart_csv, chart_rows
from wc_core.charts._rows import columns


def test_a_matrix_gives_one_row_a_cell():
    """Rows name the places of a matrix, and cells without a number are left out."""
    figure = go.Figure(
        go.Heatmap(
            z=[[1.0, None], [3.0, 4.0]],
            x=[0, 1],
            y=[0, 1],
            meta=columns(places={"x": ["a", "b"]}, y="row", x="col", z="value"),
        )
    )
    assert chart_rows(figure) == [
        {"row": 0, "col": "a", "value": 1.0},
        {"row": 1, "col": "a", "value": 3.0},
        {"row": 1, "col": "b", "value": 4.0},
    ]


def test_traces_of_differing_columns_share_one_table():
    """Every row has every column in one order, so that a CSV's columns line up."""
    figure = go.Figure(
        [
            go.Bar(x=[1], y=[2], name="s", meta=columns(series="of", x="x", y="y")),
            go.Scatter(x=[3], y=[4], name="t", meta=columns(series="of", y="y", x="z")),
        ]
    )
    assert chart_csv(figure) == "of,x,y,z\ns,1,2,\nt,,4,3\n"


def test_decoration_is_no_data():
    """Traces that name no column, such as grid lines, stay out of a download."""
    assert chart_rows(go.Figure(go.Scatter(x=[1], y=[2]))) == []
