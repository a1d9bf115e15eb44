#include "engine/internal/root_settings.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>

#include "engine/internal/ai_settings.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

std::unexpected<Error> Wrong(const std::string &file, const std::string &why) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", file + ": " + why);
    error.remedy = "Known are `warehouse`, `ai` (docs/ai.md), and below `s3` `endpoint`, `region`, `profile`, `path_style` and `anonymous`.";
    return Fail(std::move(error));
}

Result<void> ReadS3(const std::string &file, const YAML::Node &node, storage::S3Settings &s3) {
    if (!node.IsMap()) return Wrong(file, "`s3` holds settings, one a line.");
    for (auto &&entry : node) {
        std::string key = entry.first.as<std::string>();
        const YAML::Node &value = entry.second;
        if (!value.IsScalar()) return Wrong(file, "`s3." + key + "` is one value.");
        if (key == "endpoint") s3.endpoint = value.as<std::string>();
        else if (key == "region") s3.region = value.as<std::string>();
        else if (key == "profile") s3.profile = value.as<std::string>();
        else if (key == "path_style") s3.path_style = value.as<bool>();
        else if (key == "anonymous") s3.anonymous = value.as<bool>();
        else if (key.find("key") != std::string::npos || key.find("secret") != std::string::npos || key.find("token") != std::string::npos) {
            return Wrong(file, "`s3." + key + "`: keys do not belong into this file. Use the environment or a profile of ~/.aws/credentials.");
        } else {
            return Wrong(file, "There is no setting `s3." + key + "`.");
        }
    }
    return {};
}

Result<void> ReadFile(const std::string &file, RootSettings &settings) {
    try {
        YAML::Node node = YAML::LoadFile(file);
        if (node.IsNull()) return {};
        if (!node.IsMap()) return Wrong(file, "It must hold settings, one a line.");
        for (auto &&entry : node) {
            std::string key = entry.first.as<std::string>();
            if (key == "warehouse") settings.warehouse = entry.second.as<std::string>();
            else if (key == "s3") TARN_CHECK(ReadS3(file, entry.second, settings.s3));
            else if (key == "ai") { TARN_TRY(settings.ai, ReadAiSettings(file, entry.second)); }
            else return Wrong(file, "There is no setting `" + key + "`.");
        }
        return {};
    } catch (const YAML::Exception &problem) {
        return Wrong(file, std::string(problem.what()) + ".");
    }
}

}  // namespace

Result<RootSettings> ReadRootSettings(const std::filesystem::path &root) {
    RootSettings settings;
    std::string file = (root / "tarn.yml").string();
    std::error_code failed;
    if (std::filesystem::exists(file, failed)) TARN_CHECK(ReadFile(file, settings));
    if (const char *set = std::getenv("TARN_WAREHOUSE"); set && *set) settings.warehouse = set;
    if (settings.warehouse.empty()) settings.warehouse = (root / "warehouse").string();
    TARN_TRY(settings.warehouse, storage::CanonicalPath(settings.warehouse));
    return settings;
}

}  // namespace tarn::engine
