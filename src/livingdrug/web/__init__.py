"""The web pages: `livingdrug serve`. A face of what the other packages know; no science stands here.

Rooms:
    settings    where the server finds things, and what one request may ask
    headers     what every response carries
    guard       headers, hosts, sizes and cross-site posts: what keeps pages and visitors safe
    refused     the error of a request that cannot be answered
    faults      one form of error, as JSON and as a page
    assets      style sheets, scripts and the model as a module, with a name that changes with their content
    paper       templates and their few filters
    jobs        virtual trials that run in processes of their own
    api         the JSON interface
    pages       one file per part of the site
    app         all of it put together
"""
