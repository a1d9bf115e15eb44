// Mask and Extract: labels to rules, rules to text.
#include <algorithm>
#include <array>

#include "ai/local/internal/entities.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

constexpr auto kLabels = std::to_array<std::pair<std::string_view, Entity>>({
    {"email", Entity::kEmail}, {"email address", Entity::kEmail}, {"e-mail", Entity::kEmail}, {"mail", Entity::kEmail},
    {"phone", Entity::kPhone}, {"phone number", Entity::kPhone}, {"telephone", Entity::kPhone}, {"telephone number", Entity::kPhone}, {"mobile", Entity::kPhone},
    {"url", Entity::kUrl}, {"link", Entity::kUrl}, {"website", Entity::kUrl}, {"web address", Entity::kUrl},
    {"ip", Entity::kIp}, {"ip address", Entity::kIp}, {"ipaddress", Entity::kIp},
    {"iban", Entity::kIban}, {"bank account", Entity::kIban}, {"credit card", Entity::kCreditCard}, {"credit card number", Entity::kCreditCard},
    {"creditcard", Entity::kCreditCard}, {"card number", Entity::kCreditCard},
    {"date", Entity::kDate}, {"time", Entity::kTime}, {"money", Entity::kMoney}, {"amount", Entity::kMoney}, {"price", Entity::kMoney}, {"currency", Entity::kMoney},
    {"percent", Entity::kPercent}, {"percentage", Entity::kPercent}, {"number", Entity::kNumber},
    {"hashtag", Entity::kHashtag}, {"mention", Entity::kMention}, {"username", Entity::kMention}, {"user name", Entity::kMention}, {"handle", Entity::kMention},
    {"person", Entity::kPerson}, {"people", Entity::kPerson}, {"name", Entity::kPerson}, {"person name", Entity::kPerson}, {"full name", Entity::kPerson},
});

std::string Normal(std::string_view label) {
    std::string name = Folded(OneLine(label));
    std::ranges::replace(name, '_', ' ');
    return name;
}

Result<Entity> EntityOf(std::string_view label) {
    std::string name = Normal(label);
    auto find = [](std::string_view wanted) { return std::ranges::find(kLabels, wanted, &std::pair<std::string_view, Entity>::first); };
    auto found = find(name);
    if (found == kLabels.end() && name.ends_with("es")) found = find(std::string_view(name).substr(0, name.size() - 2));
    if (found == kLabels.end() && name.ends_with("s")) found = find(std::string_view(name).substr(0, name.size() - 1));
    if (found != kLabels.end()) return found->second;
    std::string known;
    for (const std::string &entity : EntityLabels()) known += (known.empty() ? "" : ", ") + entity;
    Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                            "The offline rules cannot find '" + OneLine(label) + "' in a text. They know: " + known + ".");
    error.remedy = "Use one of these labels, or configure a model endpoint.";
    return Fail(std::move(error));
}

Result<std::vector<Entity>> EntitiesOf(std::span<const std::string> labels) {
    if (labels.empty()) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "There is no label to look for.");
    std::vector<Entity> out;
    for (const std::string &label : labels) {
        TARN_TRY(Entity entity, EntityOf(label));
        out.push_back(entity);
    }
    return out;
}

}  // namespace

std::vector<Found> Find(std::string_view text, Entity kind) {
    std::vector<Found> out;
    switch (kind) {
        case Entity::kEmail: case Entity::kUrl: case Entity::kHashtag: case Entity::kMention: case Entity::kPerson:
            FindNames(text, kind, out);
            break;
        default: FindNumbers(text, kind, out);
    }
    return out;
}

std::vector<std::string> EntityLabels() {
    return {"email", "phone", "url", "ip", "iban", "credit_card", "date", "time", "money", "percent", "number", "hashtag", "mention", "person"};
}

Result<std::string> Mask(std::string_view text, std::span<const std::string> labels) {
    TARN_TRY(std::vector<Entity> entities, EntitiesOf(labels));
    std::vector<Found> all;
    for (Entity entity : entities) {
        std::vector<Found> found = Find(text, entity);
        all.insert(all.end(), found.begin(), found.end());
    }
    // Kinds may overlap (the address in a link): one mask covers both.
    std::ranges::sort(all, {}, &Found::begin);
    std::string out;
    size_t at = 0;
    for (size_t i = 0; i < all.size();) {
        size_t end = all[i].end;
        out.append(text.substr(at, all[i].begin - at)).append("[MASKED]");
        while (i < all.size() && all[i].begin < end) end = std::max(end, all[i++].end);
        at = end;
    }
    return out.append(text.substr(at));
}

Result<std::vector<Extraction>> Extract(std::string_view text, std::span<const std::string> labels) {
    TARN_TRY(std::vector<Entity> entities, EntitiesOf(labels));
    std::vector<Extraction> out;
    for (size_t i = 0; i < labels.size(); i++) {
        Extraction extraction;
        extraction.label = labels[i];
        for (const Found &found : Find(text, entities[i])) {
            std::string value(text.substr(found.begin, found.end - found.begin));
            if (std::ranges::find(extraction.all, value) == extraction.all.end() && extraction.all.size() < 1000) extraction.all.push_back(std::move(value));
        }
        extraction.found = !extraction.all.empty();
        if (extraction.found) extraction.value = extraction.all[0];
        out.push_back(std::move(extraction));
    }
    return out;
}

}  // namespace tarn::ai::local
