#include "pipeline/project.h"

#include <gtest/gtest.h>

#include "scratch_folder.h"

namespace tarn::pipeline {
namespace {

constexpr const char *kBundle = R"(
bundle: {name: shop}
include: [resources/*.yml]
variables:
  source: {description: where the files are}
  schema: {default: staging}
targets:
  dev: {default: true}
  prod: {variables: {schema: live}}
)";
constexpr const char *kPipeline = R"(
resources:
  pipelines:
    main:
      name: ${bundle.name}-${bundle.target}
      schema: ${var.schema}
      configuration: {source: "${var.source}/in"}
      libraries: [{glob: {include: ../sql/**}}]
)";

class ProjectTest : public testing::Test {
protected:
    void SetUp() override {
        folder_.Write("databricks.yml", kBundle);
        folder_.Write("resources/pipeline.yml", kPipeline);
        folder_.Write("sql/b.sql", "");
        folder_.Write("sql/deep/a.sql", "");
        folder_.Write("tests/t.sql", "");
    }
    Result<Project> Load(std::map<std::string, std::string> variables, std::string target = "") {
        return LoadProject({folder_.path(), target, std::move(variables)});
    }
    ScratchFolder folder_;
};

TEST_F(ProjectTest, FillsVariablesOfTheDefaultTarget) {
    Project project = Load({{"source", "/data"}}).value();
    ASSERT_EQ(project.pipelines.size(), 1u);
    const PipelineSpec &pipeline = project.pipelines[0];
    EXPECT_EQ(pipeline.name, "shop-dev");
    EXPECT_EQ(pipeline.catalog, "main");
    EXPECT_EQ(pipeline.schema, "staging");
    EXPECT_EQ(pipeline.configuration.at("source"), "/data/in");
    EXPECT_EQ(pipeline.sources.size(), 2u);
    EXPECT_EQ(project.tests.size(), 1u);
}

TEST_F(ProjectTest, ATargetChangesVariables) {
    EXPECT_EQ(Load({{"source", "x"}}, "prod").value().pipelines[0].schema, "live");
    Error error = Load({{"source", "x"}}, "nowhere").error();
    EXPECT_NE(error.message.find("dev, prod"), std::string::npos) << error.message;
}

TEST_F(ProjectTest, AMissingVariableNamesTheRemedy) {
    Error error = Load({}).error();
    EXPECT_EQ(error.condition, "UNRESOLVED_VARIABLE");
    EXPECT_NE(error.remedy.find("--var source="), std::string::npos) << error.remedy;
    EXPECT_EQ(Load({{"source", "x"}, {"sauce", "y"}}).error().condition, "PIPELINE_INVALID_DEFINITION");
}

TEST_F(ProjectTest, BadYamlNamesFileAndLine) {
    folder_.Write("resources/pipeline.yml", "resources:\n  pipelines: {a: [\n");
    Error error = Load({{"source", "x"}}).error();
    EXPECT_EQ(error.condition, "PIPELINE_INVALID_DEFINITION");
    EXPECT_NE(error.message.find("pipeline.yml:"), std::string::npos) << error.message;
}

TEST_F(ProjectTest, TakesSparksOwnFile) {
    std::filesystem::remove(folder_.path() / "databricks.yml");
    folder_.Write("spark-pipeline.yml", "name: p\ncatalog: main\ndatabase: shop\nlibraries: [{glob: {include: sql/**}}]\n");
    Project project = Load({}).value();
    EXPECT_EQ(project.pipelines[0].schema, "shop");
    EXPECT_EQ(project.pipelines[0].sources.size(), 2u);
}

TEST(Project, AnEmptyFolderIsNotOne) {
    ScratchFolder folder;
    EXPECT_EQ(LoadProject({folder.path(), "", {}}).error().condition, "PATH_NOT_FOUND");
}

}  // namespace
}  // namespace tarn::pipeline
