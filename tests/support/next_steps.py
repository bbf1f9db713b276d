"""What a next step must hold."""

import re

COMMAND = re.compile(r"\b(ocroute (read|doctor|prove|engines|kernels|finetune)|pip install|hf (download|auth))\b")
