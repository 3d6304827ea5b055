"""Holds rendered documents against the schemas of Kubernetes and of custom resources, strictly."""

# On standard input {"kubernetes": "1.34", "crds": [file …], "cases": [{"name", "documents"}]}; on
# standard output [{"name", "objects", "faults"}], with the objects as JSON.

import json
import sys

import jsonschema
import kubernetes_validate
import yaml


def closed(schema):
    """The same schema, but that it takes no field which it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(one) for name, one in schema.items()}
    is_open = "additionalProperties" in made or made.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(made.get("properties"), dict) and not is_open:
        made["additionalProperties"] = False
    return made


def schemas_of(files):
    schemas = {}
    for file in files:
        with open(file, encoding="utf-8") as text:
            crd = yaml.safe_load(text)
        spec = crd["spec"]
        for version in spec["versions"]:
            schema = closed(version["schema"]["openAPIV3Schema"])
            # What every object has is said elsewhere.
            schema["properties"]["metadata"] = {"type": "object"}
            api = f'{spec["group"]}/{version["name"]}'
            schemas[api, spec["names"]["kind"]] = schema
    return schemas


def faults_of(document, schemas, version):
    name = f'{document.get("kind")} {document.get("metadata", {}).get("name")}'
    schema = schemas.get((document.get("apiVersion"), document.get("kind")))
    if schema is not None:
        found = jsonschema.Draft202012Validator(schema).iter_errors(document)
        return [f"{name}: {one.json_path}: {one.message}" for one in found]
    try:
        kubernetes_validate.validate(document, version, strict=True)
        return []
    except (
        kubernetes_validate.ValidationError,
        kubernetes_validate.SchemaNotFoundError,
    ) as error:
        return [f"{name}: {error}"]


asked = json.load(sys.stdin)
crds = schemas_of(asked["crds"])
answers = []
for case in asked["cases"]:
    objects = [one for one in yaml.safe_load_all(case["documents"]) if one is not None]
    faults = [fault for one in objects for fault in faults_of(one, crds, asked["kubernetes"])]
    answers.append({"name": case["name"], "objects": objects, "faults": faults})
json.dump(answers, sys.stdout)
