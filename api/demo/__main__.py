"""`python -m api.demo`: the command `kitstore demo` without the rest of `kitstore`, for the quickest start.

One rule for the editor: nothing is added here; the options are those of `api.demo.command`.
"""

from api.demo.command import demo

if __name__ == "__main__":
    demo(prog_name="kitstore demo")
