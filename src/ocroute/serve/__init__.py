"""The service over HTTP and its web page: a thin app over `ocroute.jobs`. It needs the extra ``ocroute[serve]``."""
