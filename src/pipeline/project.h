// pipeline/project.h: a project folder: what its YAML files say, with variables filled in.
//
// A Databricks bundle (databricks.yml with resources/*.yml) or Spark's own spark-pipeline.yml. Keys that mean nothing on
// one machine (clusters, permissions, …) are passed over.
// Specification: Databricks Asset Bundles; Spark 4.1 Declarative Pipelines.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace tarn::pipeline {

struct PipelineSpec {
    std::string key;   // Under resources.pipelines
    std::string name;
    std::string catalog = "main";
    std::string schema = "default";
    std::map<std::string, std::string> configuration;   // ${name} in SQL text
    std::vector<std::filesystem::path> sources;         // SQL files, sorted, absolute
};

struct Project {
    std::filesystem::path folder;  // Absolute.
    std::string name;
    std::string target;            // The chosen target's name; empty without targets.
    std::vector<PipelineSpec> pipelines;
    std::vector<std::filesystem::path> tests;  // tests/*.sql, sorted, absolute
    std::vector<std::filesystem::path> dashboards;  // dashboards/*.md and *.lvdash.json, sorted, and the file_path of dashboard resources
};

struct ProjectOptions {
    std::filesystem::path folder;
    std::string target;                              // Empty: the default target.
    std::map<std::string, std::string> variables;    // --var name=value
    bool need_values = true;                         // false: a variable without a value stays as written (who only reads tables)
};

// Errors: PATH_NOT_FOUND without a project file; PIPELINE_INVALID_DEFINITION names file, line and key;
//         UNRESOLVED_VARIABLE for a variable without a value, and how to give one.
Result<Project> LoadProject(const ProjectOptions &options);

}  // namespace tarn::pipeline
