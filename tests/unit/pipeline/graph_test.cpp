#include "pipeline/graph.h"

#include <gtest/gtest.h>

#include "engine/flow.h"
#include "scratch_folder.h"

namespace tarn::pipeline {
namespace {

class GraphTest : public testing::Test {
protected:
    Result<Graph> Build(const std::string &sql) {
        folder_.Write("p.sql", sql);
        spec_.schema = "shop";
        spec_.configuration = {{"source", "/data"}};
        spec_.sources = {folder_.path() / "p.sql"};
        return BuildGraph(spec_, folder_.path());
    }
    static std::vector<std::string> Names(const Graph &graph) {
        std::vector<std::string> names;
        for (const Dataset &dataset : graph.datasets) names.push_back(dataset.name.table);
        return names;
    }
    ScratchFolder folder_;
    PipelineSpec spec_;
};

TEST_F(GraphTest, OrdersByWhatIsRead) {
    Graph graph = Build(R"(
        CREATE VIEW top AS SELECT * FROM bronze b JOIN shop.other o ON b.id = o.id;
        CREATE MATERIALIZED VIEW other AS SELECT * FROM main.shop.bronze;
        CREATE STREAMING TABLE bronze;
        CREATE FLOW f AS AUTO CDC INTO bronze FROM STREAM(exploded) KEYS (id) SEQUENCE BY at STORED AS SCD TYPE 1;
        CREATE TEMPORARY VIEW exploded AS SELECT id, at FROM STREAM(raw) LATERAL VIEW EXPLODE(xs) e AS x;
        CREATE STREAMING TABLE raw AS SELECT * FROM STREAM read_files('${source}/a*.json', format => 'mongo');
    )").value();
    EXPECT_EQ(Names(graph), (std::vector<std::string>{"raw", "bronze", "other", "top"}));
    const Flow &raw = graph.datasets[0].flows[0];
    ASSERT_EQ(raw.streams.size(), 1u);
    EXPECT_EQ(raw.streams[0].kind, StreamSource::Kind::kFiles);
    EXPECT_EQ(engine::StreamKey(*raw.streams[0].files), "/data/a*.json");
    const Flow &bronze = graph.datasets[1].flows[0];
    ASSERT_EQ(bronze.streams.size(), 1u);
    EXPECT_EQ(bronze.streams[0].table.ToString(), "main.shop.raw");
}

struct BadCase {
    const char *sql;
    const char *condition;
    const char *says;
};

class BadGraphTest : public GraphTest, public testing::WithParamInterface<BadCase> {};

TEST_P(BadGraphTest, SaysWhatIsWrongAndWhere) {
    auto graph = Build(GetParam().sql);
    ASSERT_FALSE(graph);
    EXPECT_EQ(graph.error().condition, GetParam().condition);
    EXPECT_NE(graph.error().message.find(GetParam().says), std::string::npos) << graph.error().message;
    EXPECT_NE(graph.error().message.find("p.sql:"), std::string::npos) << graph.error().message;
}

INSTANTIATE_TEST_SUITE_P(All, BadGraphTest, testing::Values(
    BadCase{"SELECT 1", "PIPELINE_INVALID_DEFINITION", "may hold"},
    BadCase{"CREATE STREAMING TABLE a", "PIPELINE_INVALID_DEFINITION", "nothing fills"},
    BadCase{"CREATE STREAMING TABLE a AS SELECT 1 AS x", "PIPELINE_INVALID_DEFINITION", "reads no STREAM"},
    BadCase{"CREATE VIEW a AS SELECT 1; CREATE VIEW A AS SELECT 2", "PIPELINE_INVALID_DEFINITION", "defined already"},
    BadCase{"CREATE MATERIALIZED VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a", "PIPELINE_INVALID_DEFINITION", "itself"},
    BadCase{"CREATE FLOW f AS INSERT INTO nowhere BY NAME SELECT * FROM STREAM x", "PIPELINE_INVALID_DEFINITION", "no streaming table"},
    BadCase{"CREATE VIEW a AS\nSELEC 1", "PARSE_SYNTAX_ERROR", "p.sql:2"},
    BadCase{"CREATE VIEW a AS SELECT '${nothing}'", "UNRESOLVED_VARIABLE", "nothing"}));

}  // namespace
}  // namespace tarn::pipeline
