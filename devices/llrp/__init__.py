"""LLRP 1.0.1, the Low Level Reader Protocol of fixed UHF readers: bytes to messages and back, and one session of it.

    vocabulary   the numbers of messages and parameters, and the fields of each: tables
    messages     one whole message, from its bytes and to them
    framing      where a message begins and ends in the stream
    requests     what we ask of a reader
    reports      what a reader tells: tags, events, how it liked a request
    session      from the greeting to the running inventory, and whether the reader is still there

Source: EPCglobal "Low Level Reader Protocol (LLRP), Version 1.0.1", 13 August 2007, chapters 15 and 16 (binary
encoding). The numbers were compared with the LLRP toolkit's llrp-1x0-def.xml (Apache 2.0).

One rule for the editor: no I/O and no clock. A length from the wire is checked before it is used; nothing in here
raises on bytes, except `Broken`, which `messages.read_message` turns into a value.
"""
