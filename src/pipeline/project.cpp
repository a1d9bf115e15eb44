#include "pipeline/project.h"

#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

namespace tarn::pipeline {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> Invalid(const fs::path &file, const YAML::Mark &mark, const std::string &message) {
    std::string place = file.string();
    if (!mark.is_null()) place += ":" + std::to_string(mark.line + 1);
    return Fail(ErrorKind::kInvalidInput, "PIPELINE_INVALID_DEFINITION", place + ": " + message);
}

// ${var.source}, ${bundle.name}, ${bundle.target}, ${workspace.…} in YAML text values.
class Variables {
public:
    std::map<std::string, std::string> values;   // "var.source" -> value
    std::map<std::string, std::string> missing;  // declared without a value: name -> description
    bool need_values = true;

    Result<std::string> Fill(const std::string &text, const fs::path &file, const YAML::Mark &mark) const {
        std::string out;
        size_t at = 0;
        while (true) {
            size_t open = text.find("${", at);
            if (open == std::string::npos) return out + text.substr(at);
            size_t close = text.find('}', open);
            if (close == std::string::npos) return Invalid(file, mark, "`${` without `}` in: " + text);
            out += text.substr(at, open - at);
            std::string name = text.substr(open + 2, close - open - 2);
            auto it = values.find(name);
            bool known = it != values.end();
            if (!known && need_values) return Unresolved(name, file, mark);
            out += known ? it->second : text.substr(open, close + 1 - open);
            at = close + 1;
        }
    }

private:
    std::unexpected<Error> Unresolved(const std::string &name, const fs::path &file, const YAML::Mark &mark) const {
        std::string bare = name.starts_with("var.") ? name.substr(4) : name;
        Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_VARIABLE",
                                file.string() + ":" + std::to_string(mark.line + 1) + ": the variable `" + bare + "` has no value.");
        auto it = missing.find(bare);
        if (it != missing.end()) {
            error.remedy = "Give it one: --var " + bare + "=VALUE" + (it->second.empty() ? "" : "  (" + it->second + ")");
        } else {
            error.remedy = "Declare it under `variables:` in the project file, or correct the name.";
        }
        return Fail(std::move(error));
    }
};

Result<YAML::Node> LoadYaml(const fs::path &file) {
    try {
        return YAML::LoadFile(file.string());
    } catch (const YAML::Exception &exception) {
        return Invalid(file, exception.mark, exception.msg);
    }
}

// A text value of `node[key]`, filled; `fallback` when the key is absent.
Result<std::string> Text(const YAML::Node &node, const char *key, const std::string &fallback, const Variables &variables,
                         const fs::path &file) {
    YAML::Node value = node[key];
    if (!value) return fallback;
    if (!value.IsScalar()) return Invalid(file, value.Mark(), std::string("`") + key + "` must be a text.");
    return variables.Fill(value.Scalar(), file, value.Mark());
}

// Files below `base` that match a glob with * within a name, ** across folders; a folder means all SQL below it.
void Expand(const fs::path &base, const std::string &pattern, std::set<fs::path> &found) {
    fs::path full = (base / pattern).lexically_normal();
    std::string text = full.string();
    size_t wild = text.find_first_of("*?[");
    std::error_code failed;
    if (wild == std::string::npos) {
        if (fs::is_directory(full, failed)) return Expand(base, pattern + "/**", found);
        if (fs::exists(full, failed)) found.insert(full);
        return;
    }
    fs::path start = fs::path(text.substr(0, wild)).parent_path();
    bool deep = text.find("**") != std::string::npos;
    std::string flat = text;
    for (size_t at; (at = flat.find("**/")) != std::string::npos;) flat.erase(at, 3);
    for (size_t at; (at = flat.find("**")) != std::string::npos;) flat.erase(at, 1);
    for (auto &entry : fs::recursive_directory_iterator(start, failed)) {
        if (!entry.is_regular_file()) continue;
        std::string path = entry.path().string();
        // fnmatch's * crosses `/` without FNM_PATHNAME: that is what ** asks for.
        if (fnmatch(flat.c_str(), path.c_str(), deep ? 0 : FNM_PATHNAME) == 0) found.insert(entry.path());
    }
}

Result<void> AddLibraries(const YAML::Node &libraries, const fs::path &file, const Variables &variables, PipelineSpec &pipeline) {
    std::set<fs::path> found;
    for (const YAML::Node &library : libraries) {
        std::string pattern;
        if (library["glob"]) {
            TARN_TRY(pattern, Text(library["glob"], "include", "", variables, file));
        } else if (library["file"]) {
            TARN_TRY(pattern, Text(library["file"], "path", "", variables, file));
        } else if (library["notebook"]) {
            return Invalid(file, library.Mark(), "pipelines run SQL files; notebooks are not supported.");
        }
        if (pattern.empty()) return Invalid(file, library.Mark(), "a library needs `glob: {include: …}` or `file: {path: …}`.");
        size_t before = found.size();
        Expand(file.parent_path(), pattern, found);
        if (found.size() == before) return Invalid(file, library.Mark(), "no file matches `" + pattern + "`.");
    }
    for (const fs::path &path : found) {
        if (path.extension() == ".py") {
            return Invalid(file, libraries.Mark(), path.string() + " is Python; pipelines run SQL files.");
        }
        if (path.extension() == ".sql") pipeline.sources.push_back(path);
    }
    if (pipeline.sources.empty()) return Invalid(file, libraries.Mark(), "the pipeline has no .sql file.");
    return {};
}

Result<PipelineSpec> ReadPipeline(const std::string &key, const YAML::Node &node, const fs::path &file, const Variables &variables) {
    PipelineSpec pipeline;
    pipeline.key = key;
    TARN_TRY(pipeline.name, Text(node, "name", key, variables, file));
    TARN_TRY(pipeline.catalog, Text(node, "catalog", "main", variables, file));
    TARN_TRY(std::string older, Text(node, "target", "default", variables, file));  // The key's name before `schema`.
    TARN_TRY(older, Text(node, "database", older, variables, file));                // Spark's own spelling.
    TARN_TRY(pipeline.schema, Text(node, "schema", older, variables, file));
    for (const auto &entry : node["configuration"]) {
        TARN_TRY(pipeline.configuration[entry.first.Scalar()],
                 Text(node["configuration"], entry.first.Scalar().c_str(), "", variables, file));
    }
    TARN_CHECK(AddLibraries(node["libraries"], file, variables, pipeline));
    return pipeline;
}

Result<void> ReadVariables(const YAML::Node &declared, const fs::path &file, Variables &variables) {
    for (const auto &entry : declared) {
        std::string name = entry.first.Scalar();
        const YAML::Node &body = entry.second;
        if (body.IsScalar()) {
            variables.values["var." + name] = body.Scalar();
        } else if (body.IsMap() && body["default"]) {
            if (!body["default"].IsScalar()) return Invalid(file, body.Mark(), "the default of `" + name + "` must be a text.");
            variables.values["var." + name] = body["default"].Scalar();
        } else {
            variables.missing[name] = body.IsMap() && body["description"] ? body["description"].Scalar() : "";
        }
    }
    return {};
}

// The chosen target's name: asked for, marked as default, or the only one.
Result<std::string> ChooseTarget(const YAML::Node &targets, const std::string &asked, const fs::path &file) {
    std::string chosen = asked;
    std::string known;
    for (const auto &entry : targets) {
        std::string name = entry.first.Scalar();
        known += (known.empty() ? "" : ", ") + name;
        bool is_default = entry.second.IsMap() && entry.second["default"] && entry.second["default"].as<bool>(false);
        if (chosen.empty() && (is_default || targets.size() == 1)) chosen = name;
        if (name == chosen) return chosen;
    }
    if (asked.empty()) return std::string();
    return Invalid(file, YAML::Mark::null_mark(), "there is no target `" + asked + "`; known are: " + known + ".");
}

Result<Project> LoadBundle(const fs::path &file, const ProjectOptions &options) {
    Project project;
    project.folder = file.parent_path();
    TARN_TRY(YAML::Node root, LoadYaml(file));
    Variables variables;
    variables.need_values = options.need_values;
    project.name = root["bundle"] && root["bundle"]["name"] ? root["bundle"]["name"].Scalar() : project.folder.filename().string();
    TARN_CHECK(ReadVariables(root["variables"], file, variables));
    TARN_TRY(project.target, ChooseTarget(root["targets"], options.target, file));
    if (!project.target.empty() && root["targets"][project.target].IsMap()) {
        TARN_CHECK(ReadVariables(root["targets"][project.target]["variables"], file, variables));
    }
    for (auto &[name, value] : options.variables) {
        if (!variables.values.contains("var." + name) && !variables.missing.contains(name)) {
            return Invalid(file, YAML::Mark::null_mark(), "--var " + name + ": the project declares no such variable.");
        }
        variables.values["var." + name] = value;
    }
    variables.values["bundle.name"] = project.name;
    variables.values["bundle.target"] = project.target;

    std::set<fs::path> files{file};
    for (const YAML::Node &pattern : root["include"]) Expand(project.folder, pattern.Scalar(), files);
    for (const fs::path &part : files) {
        TARN_TRY(YAML::Node node, LoadYaml(part));
        YAML::Node pipelines = node["resources"] ? node["resources"]["pipelines"] : YAML::Node();
        for (const auto &entry : pipelines) {
            TARN_TRY(PipelineSpec pipeline, ReadPipeline(entry.first.Scalar(), entry.second, part, variables));
            project.pipelines.push_back(std::move(pipeline));
        }
        YAML::Node dashboards = node["resources"] ? node["resources"]["dashboards"] : YAML::Node();
        for (const auto &entry : dashboards) {
            TARN_TRY(std::string path, Text(entry.second, "file_path", "", variables, part));
            fs::path found = (part.parent_path() / path).lexically_normal();
            std::error_code failed;
            if (path.empty() || !fs::exists(found, failed)) return Invalid(part, entry.second.Mark(), "the dashboard `" + entry.first.Scalar() + "` needs `file_path`, an existing file.");
            project.dashboards.push_back(std::move(found));
        }
    }
    return project;
}

Result<Project> LoadSparkPipeline(const fs::path &file, const ProjectOptions &options) {
    Project project;
    project.folder = file.parent_path();
    TARN_TRY(YAML::Node root, LoadYaml(file));
    Variables variables;
    variables.need_values = options.need_values;
    TARN_TRY(PipelineSpec pipeline, ReadPipeline(project.folder.filename().string(), root, file, variables));
    for (auto &[name, value] : options.variables) pipeline.configuration[name] = value;
    project.name = pipeline.name;
    project.pipelines.push_back(std::move(pipeline));
    return project;
}

}  // namespace

Result<Project> LoadProject(const ProjectOptions &options) {
    std::error_code failed;
    fs::path folder = fs::absolute(options.folder, failed).lexically_normal();
    auto load = [&]() -> Result<Project> {
        for (const char *name : {"databricks.yml", "databricks.yaml", "bundle.yml"}) {
            if (fs::exists(folder / name, failed)) return LoadBundle(folder / name, options);
        }
        for (const char *name : {"spark-pipeline.yml", "spark-pipeline.yaml", "pipeline.yml"}) {
            if (fs::exists(folder / name, failed)) return LoadSparkPipeline(folder / name, options);
        }
        Error error = MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "There is no databricks.yml or spark-pipeline.yml in " + folder.string() + ".");
        error.remedy = "Name the project's folder: tarn run DIR.";
        return Fail(std::move(error));
    };
    try {
        TARN_TRY(Project project, load());
        if (project.pipelines.empty()) {
            return Fail(ErrorKind::kInvalidInput, "PIPELINE_INVALID_DEFINITION",
                        "The project " + folder.string() + " defines no pipeline (resources: pipelines: …).");
        }
        std::set<fs::path> tests;
        Expand(folder, "tests/*.sql", tests);
        project.tests.assign(tests.begin(), tests.end());
        std::set<fs::path> dashboards(project.dashboards.begin(), project.dashboards.end());
        Expand(folder, "dashboards/*.md", dashboards);
        Expand(folder, "dashboards/*.lvdash.json", dashboards);
        project.dashboards.assign(dashboards.begin(), dashboards.end());
        return project;
    } catch (const YAML::Exception &exception) {
        return Invalid(folder, exception.mark, exception.msg);
    }
}

}  // namespace tarn::pipeline
