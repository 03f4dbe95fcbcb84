{{- define "handrail.name" -}}
{{- if contains "handrail" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-handrail" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "handrail.selector" -}}
app.kubernetes.io/name: handrail
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "handrail.labels" -}}
{{ include "handrail.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* What every container of Handrail is: the image, its settings, and no right that it does not need. */}}
{{- define "handrail.container" -}}
image: "{{ .root.Values.image.repository }}{{ if hasPrefix "sha256:" .root.Values.image.tag }}@{{ else }}:{{ end }}{{ .root.Values.image.tag }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - configMapRef: {name: {{ include "handrail.name" .root }}}
  - secretRef: {name: {{ .root.Values.secretName }}}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .root.Values.temporal.tlsSecret }}
  - {name: temporal-tls, mountPath: /etc/handrail/temporal, readOnly: true}
  {{- end }}
{{- end }}

{{- define "handrail.pod" -}}
serviceAccountName: {{ include "handrail.name" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . }}}
  {{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 256Mi}
  {{- if .root.Values.temporal.tlsSecret }}
  - name: temporal-tls
    secret: {secretName: {{ .root.Values.temporal.tlsSecret }}, defaultMode: 288}
  {{- end }}
{{- end }}

{{/* Pods of one part on different machines, where there are several. */}}
{{- define "handrail.apart" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "handrail.selector" . | nindent 8 }}
{{- end }}
