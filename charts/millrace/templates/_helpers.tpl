{{- define "millrace.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: millrace-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- define "millrace.clientSecret" -}}{{ .Values.client.existingSecret | default (printf "%s-client" (include "millrace.name" .)) }}{{- end }}
{{- define "millrace.clusterId" -}}
{{- if .Values.clusterId }}{{ .Values.clusterId }}{{ else }}
{{- with lookup "v1" "Namespace" "" "kube-system" }}{{ .metadata.uid }}{{ end }}
{{- end }}
{{- end }}
{{- define "millrace.test" -}}
app.kubernetes.io/name: millrace-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
