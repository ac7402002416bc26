"""The diagram of a network shows names and shapes."""

from xml.etree import ElementTree

from secateur.network import diagram
from small_networks import dense, network


def test_the_diagram_shows_names_and_shapes() -> None:
    model = network(dense(128, output="relu"), 10)
    svg = diagram.svg(model)
    text = [node.text for node in ElementTree.fromstring(svg).iter() if node.text]
    assert {"hidden_1", "output", "(n, 10) → (n, 128)", "(n, 128) → (n, 1)"} <= set(text)
    assert {"Dense, relu", "1,408 parameters", "network: 1,537 parameters"} <= set(text)


def test_the_summary_is_keras_own() -> None:
    assert "Total params: 1537" in diagram.summary(network(dense(128), 10))
