{{- define "saidao.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "saidao.name" -}}
{{ printf "%s-%s" .root.Release.Name .worker | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "saidao.selector" -}}
app.kubernetes.io/name: saidao
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .worker }}
{{- end }}

{{- define "saidao.labels" -}}
{{ include "saidao.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "saidao.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "saidao.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What every process is told: where the log is, for whom, and how a login there is proved. */}}
{{- define "saidao.kafkaEnv" -}}
- { name: KAFKA_BROKERS, value: {{ join "," .root.Values.kafka.brokers | quote }} }
- { name: LENDERS, value: {{ join "," .root.Values.lenders | quote }} }
- { name: PARTITIONS, value: {{ .root.Values.partitions | quote }} }
- { name: KAFKA_SASL_MECHANISM, value: {{ .root.Values.kafka.mechanism }} }
{{- if .root.Values.kafka.tls }}
- { name: KAFKA_TLS, value: 'true' }
{{- if .root.Values.kafka.authoritiesConfigMap }}
- { name: KAFKA_CA_FILE, value: /etc/saidao/kafka/ca.pem }
{{- end }}
{{- end }}
{{- end }}

{{- define "saidao.kafkaLogin" -}}
{{- if .root.Values.kafka.passwordsSecret }}
- { name: KAFKA_USER, value: {{ .worker | quote }} }
- name: KAFKA_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.kafka.passwordsSecret }}, key: {{ .worker }} }
{{- end }}
{{- end }}

{{/* What a container asks for: what `.its` names, and of the rest what all have. */}}
{{- define "saidao.resources" -}}
{{ toYaml (mustMergeOverwrite (deepCopy .root.Values.resources) (.its.resources | default dict)) }}
{{- end }}

{{/* Of a pod with a door: it goes on answering until nobody is sent to it any more. */}}
{{- define "saidao.doorPause" -}}
{{- $grace := int .Values.terminationGraceSeconds }}
{{- $pause := int .Values.doorPauseSeconds }}
{{- if le $grace (add $pause 10 | int) }}
{{- fail (printf "terminationGraceSeconds is %d: a pause of %d s and a drain of 10 s do not fit" $grace $pause) }}
{{- end -}}
lifecycle:
  preStop:
    sleep: { seconds: {{ $pause }} }
{{- end }}

{{/* What a worker is told, but for its database; `.its`: its values. */}}
{{- define "saidao.workerEnv" -}}
{{- include "saidao.kafkaEnv" . }}
{{- include "saidao.kafkaLogin" . | nindent 0 }}
- { name: HTTP_HOST, value: 0.0.0.0 }
- { name: HTTP_PORT, value: '8080' }
{{- range $name, $value := merge (dict) .its.env .root.Values.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "saidao.workerEnvFrom" -}}
- secretRef: { name: {{ .root.Values.redis.secret }} }
{{- range concat .root.Values.envFromSecrets .its.envFromSecrets }}
- secretRef: { name: {{ . }} }
{{- end }}
{{- end }}

{{- define "saidao.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if and .Values.kafka.tls .Values.kafka.authoritiesConfigMap }}
- { name: kafka-authorities, mountPath: /etc/saidao/kafka, readOnly: true }
{{- end }}
{{- end }}

{{- define "saidao.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- if and .Values.kafka.tls .Values.kafka.authoritiesConfigMap }}
- name: kafka-authorities
  configMap: { name: {{ .Values.kafka.authoritiesConfigMap }} }
{{- end }}
{{- end }}

{{- define "saidao.egress" -}}
# Names are asked for anywhere.
- ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
{{- with .Values.networkPolicy.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}
