"""The options of ``ocroute serve``. Imports nothing heavy, for ``--help``."""

from typing import Annotated

from ocroute.options import Option, ReaderOptions


class ServiceOptions(ReaderOptions, total=False):
    """What ``ocroute serve`` takes; the options of reading hold for what a client leaves open."""

    host: Annotated[
        str,
        Option(
            help="The address to listen on. Any but this machine's own needs --keys.",
            default="127.0.0.1",
            metavar="ADDRESS",
        ),
    ]
    port: Annotated[int, Option(help="The port to listen on; 0: any that is free.", default=8000, metavar="N", least=0)]
    keys: Annotated[
        str | None,
        Option(
            help="A file with keys, one a line, of which each request must bring one; its jobs are that key's alone.",
            default=None,
            metavar="FILE",
        ),
    ]
    hosts: Annotated[
        str,
        Option(
            help="Names under which the service is reached, besides its address, e.g. ocr.example.org; several with commas, "
            "* for any.",
            flag="--allow-hosts",
            metavar="NAMES",
        ),
    ]
    allow_urls: Annotated[
        bool, Option(help="Fetch documents from public web addresses that a client names.", default=False)
    ]
    data: Annotated[
        str | None,
        Option(
            help="The folder of jobs and results; one of the user's own when left out.", default=None, metavar="FOLDER"
        ),
    ]
    queue_size: Annotated[
        int,
        Option(help="Files that may wait or be read; more are refused with 503.", default=64, metavar="N", least=1),
    ]
    queue_of_one: Annotated[
        int | None,
        Option(
            help="The same of one key, refused with 429; half of them when left out.",
            default=None,
            metavar="N",
            least=1,
        ),
    ]
    max_mb: Annotated[int, Option(help="The most MiB of a file.", default=100, metavar="N", least=1)]
    max_pages: Annotated[int, Option(help="The most pages of a file.", default=1000, metavar="N", least=1)]
    max_seconds: Annotated[
        float,
        Option(
            help="Seconds in which a file is read, from its first page on; what is not becomes failed pages.",
            default=3600.0,
            metavar="N",
            least=1,
        ),
    ]
    memory_mb: Annotated[
        int,
        Option(
            help="The most MiB of memory of a worker; a page that takes more fails there. 0: no limit.",
            default=4096,
            metavar="N",
            least=0,
        ),
    ]
    keep_hours: Annotated[
        float,
        Option(
            help="Hours for which results and files are kept after the end of their job.",
            default=24.0,
            metavar="N",
            least=0,
        ),
    ]
    keep_jobs: Annotated[
        int, Option(help="Results that are kept at most; the oldest go first.", default=1000, metavar="N", least=1)
    ]
