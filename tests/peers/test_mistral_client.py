"""Mistral's own client, unchanged, against our server."""

import base64

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from tests.support.pages import ENGLISH
from tests.support.service import Server, document, text_pdf

KEY = "a-key-of-24-signs-for-one"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
        started = Server(tmp_path_factory.mktemp("server"), "--jobs", 1, "--max-pages", 9, engines="", key=KEY)
        started.ready()
        yield started
        assert started.stop() == 0


@pytest.fixture
def client(server):
    return Mistral(api_key=KEY, server_url=server.url)


def data_url(data, kind="application/pdf"):
    return {"type": "document_url", "document_url": f"data:{kind};base64,{base64.b64encode(data).decode()}"}


def test_a_document_in_the_request_comes_back_page_by_page(client):
    answer = client.ocr.process(model="ocroute", document=data_url(text_pdf(*ENGLISH, pages=3)))
    assert [page.index for page in answer.pages] == [0, 1, 2]
    assert "The harbour office opens at seven" in answer.pages[0].markdown
    assert answer.model == "ocroute"
    assert answer.usage_info.pages_processed == 3
    assert (answer.pages[0].dimensions.width, answer.pages[0].images) != (0, None)
    block = answer.pages[0].blocks[0]
    assert type(block).__name__ != "UnknownBlock"
    assert block.top_left_x < block.bottom_right_x


def test_a_picture_is_read(client):
    from pathlib import Path

    picture = Path(__file__).parents[2] / "samples" / "letter-en.png"
    url = f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    answer = client.ocr.process(
        model=None, document={"type": "image_url", "image_url": url}, confidence_scores_granularity="word"
    )
    (page,) = answer.pages
    assert "Harbour Street Library" in page.markdown
    assert page.confidence_scores.average_page_confidence_score > 0.8
    for word in page.confidence_scores.word_confidence_scores:
        assert page.markdown[word.start_index :].startswith(word.text)


@pytest.mark.parametrize(
    ("pages", "found"), [([0, 2], [0, 2]), ("0,2-4", [0, 2, 3, 4]), ("1", [1]), (None, [0, 1, 2, 3, 4])]
)
def test_pages_count_from_nought(client, pages, found):
    answer = client.ocr.process(
        model="mistral-ocr-latest", document=data_url(text_pdf("Page {page}", pages=5)), pages=pages
    )
    assert [page.index for page in answer.pages] == found
    assert all(f"Page {page.index + 1}" in page.markdown for page in answer.pages)


def test_a_file_is_sent_first_and_read_then(client):
    sent = client.files.upload(file={"file_name": "scan.pdf", "content": text_pdf(*ENGLISH)}, purpose="ocr")
    assert (sent.filename, sent.object, sent.size_bytes) == ("scan.pdf", "file", len(text_pdf(*ENGLISH)))
    answer = client.ocr.process(model="ocroute", document={"type": "file", "file_id": sent.id})
    assert "harbour" in answer.pages[0].markdown
    signed = client.files.get_signed_url(file_id=sent.id, expiry=1)
    answer = client.ocr.process(model="ocroute", document={"type": "document_url", "document_url": signed.url})
    assert "harbour" in answer.pages[0].markdown
    assert client.files.retrieve(file_id=sent.id).deleted is False
    assert sent.id in [one.id for one in client.files.list().data]
    assert client.files.download(file_id=sent.id).read() == text_pdf(*ENGLISH)
    assert client.files.delete(file_id=sent.id).deleted
    with pytest.raises(SDKError) as caught:
        client.files.retrieve(file_id=sent.id)
    assert caught.value.status_code == 404


def test_models_are_listed_and_an_engine_can_be_named(client):
    names = [one.id for one in client.models.list().data]
    assert names[0] == "ocroute"
    assert "ocroute/rapidocr" in names
    with pytest.raises(HTTPValidationError) as caught:
        client.ocr.process(model="gpt-99", document=data_url(text_pdf()))
    assert "no such model" in caught.value.data.detail[0].msg


def test_tables_stand_apart_where_they_are_asked_for(client):
    from pathlib import Path

    invoice = (Path(__file__).parents[2] / "samples" / "invoice.pdf").read_bytes()
    inside = client.ocr.process(model="ocroute", document=data_url(invoice)).pages[0]
    assert not inside.tables
    for kind, sign in (("html", "<table"), ("markdown", "|")):
        page = client.ocr.process(model="ocroute", document=data_url(invoice), table_format=kind).pages[0]
        assert page.tables
        left = page.markdown
        for table in page.tables:
            assert sign in table.content
            assert f"[{table.id}]({table.id})" in left
            left = left.replace(f"[{table.id}]({table.id})", "")
            assert table.id in [getattr(block, "table_id", None) for block in page.blocks]
        assert sign not in left


def test_verdicts_ride_along_for_those_who_look(server):
    wanted = {"model": None, "document": data_url(text_pdf(*ENGLISH))}
    page = server.ask("POST", "/v1/ocr", json=wanted).json()["pages"][0]
    assert page["ocroute"]["status"] == "accepted"
    assert page["ocroute"]["attempts"][0]["engine"] == "textlayer"
    assert all(isinstance(block[side], int) for block in page["blocks"] for side in ("top_left_x", "bottom_right_y"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"document": data_url(b"no document")}, "plain text"),
        ({"document": data_url(document(12), "image/tiff")}, "12 pages"),
        ({"document": {"type": "document_url", "document_url": "https://example.org/a.pdf"}}, "fetches nothing"),
        ({"document": {"type": "document_url", "document_url": "data:application/pdf;base64,@@@"}}, "no base64"),
        ({"document": {"type": "file", "file_id": "nothing"}}, "no such file"),
        ({"document": data_url(text_pdf()), "pages": [7]}, "page"),
        ({"document": data_url(text_pdf()), "pages": "one"}, "pages are numbers from 0"),
        (
            {
                "document": data_url(text_pdf()),
                "document_annotation_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {"type": "object"}},
                },
            },
            "annotations need a language model",
        ),
    ],
)
def test_what_cannot_be_had_is_refused_in_words_that_the_client_understands(client, more, said):
    with pytest.raises(HTTPValidationError) as caught:
        client.ocr.process(model="ocroute", **more)
    assert said in " ".join(one.msg for one in caught.value.data.detail)


def test_a_field_that_nobody_knows_is_refused_not_left_out(server):
    wanted = {"model": None, "document": data_url(text_pdf()), "make_it_nice": True}
    answer = server.ask("POST", "/v1/ocr", json=wanted)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "make_it_nice"]
    for body in (b"", b"[]", b"{", b'{"document": 5}', b'"x"'):
        answer = server.ask("POST", "/v1/ocr", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)


def test_a_wrong_key_is_an_error_of_its_own(server):
    with pytest.raises(SDKError) as caught:
        Mistral(api_key="wrong-key-of-24-signs-00", server_url=server.url).models.list()
    assert caught.value.status_code == 401


def test_nothing_of_an_answered_document_is_kept(server, client):
    client.ocr.process(model="ocroute", document=data_url(text_pdf(*ENGLISH)))
    assert server.get("/v1/jobs").json() == []
    assert not list((server.data / "jobs").iterdir())


def test_the_client_can_wait_without_a_thread(server):
    import asyncio

    async def both():
        async with Mistral(api_key=KEY, server_url=server.url) as client:
            return await asyncio.gather(
                *(
                    client.ocr.process_async(model="ocroute", document=data_url(text_pdf(f"Letter {n}")))
                    for n in range(4)
                )
            )

    answers = asyncio.run(both())
    assert [f"Letter {n}" in answer.pages[0].markdown for n, answer in enumerate(answers)] == [True] * 4
