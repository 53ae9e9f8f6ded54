"""Reports: from a kind (YAML) and a request to a document, and from a document to a file.

    kind.load(folder) -> kinds        what a report is made of; errors name file and field
    request.Request                   the request: kind, areas, period, comparison, format, language, edition
    content.build(checked, ...) -> Document      one neutral model of headings, texts, tables and charts
    writers.{word,pdf,workbook,table,page}       one small writer a format, over the model alone
    make.make(...)                    the file in the store, its hash at the desk

Numbers come from the functions that the screens ask. A writer knows no metric, a section knows no format.
"""
