"""HTTP/1 as browsers read it: what a browser displays is read here, whatever the server's habits.

answer      a request and what came of it      response    head and body, whatever their framing
unpack      Content-Encoding, right or wrong   charset     text of a body
redirects   Location, Refresh and meta refresh
"""
