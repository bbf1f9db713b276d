"""Building attention kernels from source: recipes as data, checks before, proof after.

request = checked(Request("flash2", (12, 0), work=folder))
tools = look(request.folder, modules=needed_modules(request), headers=request.recipe.headers)
if not any(check.state == "fail" for check in checks(request, tools)):
    made = plan(request, tools)
    print(script(made))                  # what ``--dry-run`` shows
    build(made, watch=print)  # what runs
"""

from ocroute.kernels.build.build_steps import Plan, Step, plan, script
from ocroute.kernels.build.checks import Check, checks, gb_per_job, jobs, needed_modules
from ocroute.kernels.build.cubins import NotInside, architectures, verify
from ocroute.kernels.build.recipes import Recipe, book, dotted, parse_arch, recipe
from ocroute.kernels.build.request import Request, checked
from ocroute.kernels.build.runner import BuildFailed, Built, Progress, build
from ocroute.kernels.build.toolchain import Toolchain, look

__all__ = [
    "BuildFailed",
    "Built",
    "Check",
    "NotInside",
    "Plan",
    "Progress",
    "Recipe",
    "Request",
    "Step",
    "Toolchain",
    "architectures",
    "book",
    "build",
    "checked",
    "checks",
    "dotted",
    "gb_per_job",
    "jobs",
    "look",
    "needed_modules",
    "parse_arch",
    "plan",
    "recipe",
    "script",
    "verify",
]
