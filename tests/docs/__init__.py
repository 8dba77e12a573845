"""What the documents tell people to type is typed here.

A page is a story: its blocks are run in their order, in one folder and one shell, against a real
server in local mode and the model server of the examples. What a block is, is told by its language:

``sh``      typed into the shell; what it exports is there for the blocks that follow
``python``  run as a script; or saved, if the line above ends with ``name.py``:
``js``      the same with node
``yaml``, ``toml``, ``ini``   saved under the name above, and read by a check of ``files.py``
``text``    what is seen: a tree of spans is compared with the spans that arrived since the last
            one, anything else with what the block before it printed

Blocks that cannot be told here, or are told by a test of their own, are in ``elsewhere.py``.
"""
