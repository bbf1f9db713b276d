"""One module a format. An exporter only reads the document; what it must offer is `ocroute.document.model.Exporter`."""
