// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/read_config.h"

#include <utility>

#include "base/text.h"
#include "config/lint.h"

namespace smcroute {

namespace {

// A line that another one made redundant or void, reported once the files' names are known.
struct Repeat {
    Desired::Added added;
    Origin origin;
    std::string text;
};

class Builder final : public StatementSink {
public:
    void on_route(const RouteSpec& route, const Origin& origin) override {
        const Desired::Added added = desired_.add(route, origin);
        if (added.how == Desired::Added::How::kReplaced) {
            repeats_.push_back(
                {added, origin, "takes the place of the route from another inbound"});
        } else if (added.how == Desired::Added::How::kMerged) {
            repeats_.push_back({added, origin, "adds its outbounds to the same route"});
        }
    }

    void on_join(JoinSpec&& join, const Origin& origin) override {
        const Desired::Added added = desired_.add(join, origin);
        if (added.how == Desired::Added::How::kMerged) {
            repeats_.push_back({added, origin, "repeats the join"});
        }
    }

    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        desired_.add(phyint, origin);
    }

    ReadConfig finish(LoadResult loaded) {
        ReadConfig result{std::move(desired_), std::move(loaded.files),
                          std::move(loaded.diagnostics), loaded.missing};
        for (const Repeat& repeat : repeats_) {
            result.diagnostics.push_back(warning_of(repeat, result.files));
        }
        for (Diagnostic& warning : warnings_of(result.desired, result.files)) {
            result.diagnostics.push_back(std::move(warning));
        }
        return result;
    }

private:
    static Diagnostic warning_of(const Repeat& repeat, const std::vector<std::string>& files) {
        const Origin& earlier = repeat.added.earlier;
        Diagnostic warning;
        warning.severity = Severity::kWarning;
        warning.file = files[repeat.origin.file];
        warning.line = repeat.origin.line;
        warning.text =
            compose("this line {} of {}:{}", repeat.text, files[earlier.file], earlier.line);
        return warning;
    }

    Desired desired_;
    std::vector<Repeat> repeats_;
};

}  // namespace

ReadConfig read_config(const std::string& path, FileSource& source, const Interfaces* present) {
    Builder builder;
    return builder.finish(load(path, source, builder, present));
}

}  // namespace smcroute
