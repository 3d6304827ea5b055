// Renders and lints a chart by helm's own engine, many times in one process: the whole command
// takes three times as long to compile.
package main

import (
	"encoding/json"
	"log"
	"os"
	"sort"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// One set of values beside those of the chart.
type given struct {
	Name   string         `json:"name"`
	Values map[string]any `json:"values"`
}

type asked struct {
	Chart string  `json:"chart"`
	Kube  string  `json:"kube"`
	Cases []given `json:"cases"`
}

type rendered struct {
	Name string `json:"name"`
	// All documents, as `helm template` prints them; empty where it refused.
	Documents string   `json:"documents"`
	Error     string   `json:"error"`
	Lint      []string `json:"lint"`
}

func main() {
	var question asked
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		log.Fatal(err)
	}
	answers := []rendered{}
	for _, one := range question.Cases {
		answer := rendered{Name: one.Name, Lint: []string{}}
		documents, err := render(question, one.Values)
		if err != nil {
			answer.Error = err.Error()
		} else {
			answer.Documents = documents
			linter := lint.RunAll(question.Chart, one.Values, "saidao")
			for _, message := range linter.Messages {
				answer.Lint = append(answer.Lint, message.Error())
			}
		}
		answers = append(answers, answer)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func render(question asked, values map[string]any) (string, error) {
	// Read anew for each: rendering changes what was read.
	chart, err := loader.Load(question.Chart)
	if err != nil {
		return "", err
	}
	kube, err := common.ParseKubeVersion(question.Kube)
	if err != nil {
		return "", err
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *kube
	release := common.ReleaseOptions{Name: "trial", Namespace: "saidao", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, release, capabilities)
	if err != nil {
		return "", err
	}
	texts, err := engine.Render(chart, all)
	if err != nil {
		return "", err
	}
	names := []string{}
	for name := range texts {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	documents := []string{}
	for _, name := range names {
		documents = append(documents, "---\n# Source: "+name+"\n"+texts[name])
	}
	return strings.Join(documents, "\n"), nil
}
