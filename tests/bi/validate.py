"""The semantic model held to its standard by its own validator; run by the Python of `make bi`'s environment."""

from __future__ import annotations

import sys

from dbt_semantic_interfaces.parsing.dir_to_model import parse_directory_of_yaml_files_to_semantic_manifest
from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

manifest = parse_directory_of_yaml_files_to_semantic_manifest(sys.argv[1]).semantic_manifest
found = SemanticManifestValidator().validate_semantic_manifest(manifest)
models, metrics = len(manifest.semantic_models), len(manifest.metrics)
sys.stdout.write(f"semantic model: {models} models, {metrics} metrics, {len(found.errors)} errors\n")
sys.stdout.writelines(f"  {error.message}\n" for error in found.errors)
sys.exit(1 if found.errors else 0)
